"""dbt's models as assets: three steps around the Python assets, each built and then tested."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from orchestration import audit, fingerprint, models, shown
from orchestration.builds import Build
from orchestration.dbt import Dbt, Outcome, stands
from orchestration.models import Manifest
from orchestration.standing import missing, standing
from pipelines import raw_schema
from pipelines.warehouse.connection import Warehouse

NAMES = {models.FIRST: "dbt_before_python", models.ATTRIBUTED: "dbt_marts", models.FORECAST: "dbt_forecast_marts"}
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=24))


class TransformOptions(dg.Config):
    """Rebuild every model from all raw rows instead of what new rows touch."""

    full: bool = False


def assets(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """One multi-asset a step, in their order."""
    return [_step(manifest, number) for number in NAMES if manifest.of_step(number)]


def _step(manifest: Manifest, number: int) -> dg.AssetsDefinition:
    nodes = {models.key(node): node for node in manifest.of_step(number).values()}
    check_specs = checks(manifest, number)

    @dg.multi_asset(
        name=NAMES[number],
        specs=[spec(manifest, node) for node in nodes.values()],
        check_specs=list(check_specs.values()),
        can_subset=True,
        op_tags={"layer": "dbt"},
    )
    def build_models(
        context: dg.AssetExecutionContext,
        config: TransformOptions,
        warehouse: dg.ResourceParam[Warehouse],
        build: dg.ResourceParam[Build],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        chosen = [node for key, node in nodes.items() if key in context.selected_asset_keys]
        is_complete = len(chosen) == len(nodes)
        open_build(context, config, manifest, build, is_whole=is_complete and number == models.FIRST)
        dbt = Dbt.of_run(context.run_id, warehouse)
        stand = standing(warehouse, manifest, chosen) if build.is_known_code and is_complete else set()
        made = [node for node in chosen if node["unique_id"] not in stand]
        outcomes = {outcome.unique_id: outcome for outcome in dbt.run(made, full=build.is_full)}
        outcomes |= {unique_id: stands(unique_id) for unique_id in stand}
        yield from materialised(warehouse, chosen, outcomes)
        if broken := [outcome for outcome in outcomes.values() if outcome.status == "error"]:
            raise dg.Failure(why(broken), allow_retries=False)
        if is_complete:
            build.built.add(number)
            results = audit.run(dbt, manifest, number, warehouse, build)
            yield from (
                check_result(check_specs[result.unique_id], result)
                for result in results
                if result.unique_id in check_specs
                and check_specs[result.unique_id].key in context.selected_asset_check_keys
            )

    return build_models


def spec(manifest: Manifest, node: Mapping[str, Any]) -> dg.AssetSpec:
    """A model as the catalog shows it."""
    is_mart = models.is_mart(node)
    links = {"Definition": shown.definition_link(node["name"])} if node["resource_type"] == "model" else {}
    if is_mart:
        links = {"Rows": f"/api/v1/marts/{node['name']}", **links}
    schema = models.column_schema(node)
    group = manifest.group(node)
    return dg.AssetSpec(
        key=models.key(node),
        deps=list(manifest.parents(node)),
        description=shown.with_links(models.words(node), links),
        metadata={"dagster/column_schema": schema} if schema else {},
        group_name=group,
        owners=models.meta(node, "dagster").get("owners") or [f"team:{group}"],
        kinds={"dbt", "postgres"},
        skippable=True,
        freshness_policy=FRESHNESS if is_mart else None,
    )


def open_build(
    context: dg.AssetExecutionContext, config: TransformOptions, manifest: Manifest, build: Build, is_whole: bool
) -> None:
    """Open the run's build. Only a whole first step takes the new packages: a part of it would lose them.

    Nor can a part of it rebuild all: what a model reads is of the tenants with news alone, which are all in a rebuild.
    """
    if build.build_id is not None:
        return
    changed, gone = fingerprint.changed_models(build.warehouse, manifest), missing(build.warehouse, manifest)
    if is_whole and (changed or gone):
        context.log.info(f"Rebuilding all models, as these changed or are not there: {', '.join([*changed, *gone])}")
    if config.full and not is_whole:
        context.log.warning("Only a run of all models rebuilds them. This one builds what is new.")
    build_id = build.open(is_full=is_whole and (config.full or bool(changed or gone)))
    build.is_known_code = not build.is_full and fingerprint.is_known(build.warehouse, manifest)
    if changed and is_whole:
        fingerprint.forget(build.warehouse)
    if is_whole:
        raw_schema.ensure_tables(build.warehouse)  # the models read every source, also those that nobody has connected
        raw_schema.refresh_statistics(build.warehouse)
        context.log.info(f"Build {build_id} reads {build.claim_packages()} new load packages.")


def materialised(
    warehouse: Warehouse, nodes: list[dict[str, Any]], outcomes: Mapping[str, Outcome]
) -> Iterator[dg.MaterializeResult]:
    """What was built, as the assets' pages show it."""
    built = [
        node for node in nodes if node["unique_id"] in outcomes and outcomes[node["unique_id"]].status == "success"
    ]
    tables = {tuple(models.key(node).path) for node in built if node["config"]["materialized"] != "view"}
    with warehouse.connect("transformer") as connection:
        counts = shown.row_counts(connection, tables)  # type: ignore[arg-type]
        for node in built:
            outcome, (schema, table) = outcomes[node["unique_id"]], models.key(node).path
            columns = shown.preview_columns(node) if models.is_mart(node) else []
            sample = shown.preview(connection, schema, table, columns) if columns else ""
            metadata = shown.table_metadata(counts.get((schema, table)), sample)
            yield dg.MaterializeResult(
                asset_key=models.key(node),
                metadata={**metadata, "seconds": round(outcome.seconds, 3)},
            )


def checks(manifest: Manifest, number: int) -> dict[str, dg.AssetCheckSpec]:
    """The step's data tests as check specs by unique id; two tests of one name on one table are numbered."""
    found: dict[str, dg.AssetCheckSpec] = {}
    taken: set[tuple[dg.AssetKey, str]] = set()
    for unique_id, test in manifest.tests_of_step(number).items():
        table = manifest.tested_table(test, number)
        if table is None:
            continue
        key, name = models.key(table), models.check_name(test)
        base, count = name, 2
        while (key, name) in taken:
            name, count = f"{base}_{count}", count + 1
        taken.add((key, name))
        found[unique_id] = dg.AssetCheckSpec(name, asset=key, description=test.get("description") or None)
    return found


def check_result(spec: dg.AssetCheckSpec, outcome: Outcome) -> dg.AssetCheckResult:
    """What a test found, as the asset's page shows it."""
    is_warning = outcome.status == "warn"
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=outcome.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        metadata={"failing rows": outcome.failing_rows, **({"message": outcome.message} if outcome.message else {})},
    )


def why(broken: list[Outcome]) -> str:
    """Which models could not be built, in a sentence."""
    first = broken[0]
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    return f"{first.unique_id.rpartition('.')[2]}{more} could not be built: {first.message}"

"""The published marts: what passed its tests, moved to schema `marts` in one transaction."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

import dbt_project
from orchestration import audit, fingerprint, models, shown
from orchestration.assets.transform import FRESHNESS
from orchestration.builds import Build
from orchestration.dbt import Dbt
from orchestration.models import Manifest
from pipelines import contracts
from pipelines.publish import PublishReport, publish
from pipelines.warehouse.connection import Warehouse


def assets(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """One multi-asset over all marts: they are published together or not at all."""
    marts = {node["name"]: node for node in manifest.marts}
    if not marts:
        return []

    @dg.multi_asset(name="publish_marts", specs=[_spec(node) for node in marts.values()])
    def publish_marts(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
    ) -> Iterator[dg.MaterializeResult]:
        build.open()
        audit.complete(Dbt.of_run(context.run_id, warehouse), manifest, warehouse, build)
        held, why = audit.held(warehouse, build)
        if held is None:
            build.close("held", why)
            raise dg.Failure(f"Nothing was published, the old version stays served: {why}", allow_retries=False)
        known = contracts.read(dbt_project.manifest_path(warehouse.home))
        report = publish(warehouse, known, held)
        if models.FIRST in build.built and (build.is_full or not fingerprint.changed_models(warehouse, manifest)):
            fingerprint.record(warehouse, manifest)
        # A forecast publishes too, but builds only a part: what a build before it left open stays so.
        ended = "succeeded" if {models.FIRST, models.ATTRIBUTED} <= build.built else "partial"
        build.close("held" if held else ended, why or None, held)
        if held:
            context.log.warning(f"Published without the held tenants: {why}")
            context.instance.add_run_tags(context.run_id, {"held tenants": str(len(held))})
        yield from published(warehouse, marts, report)

    return [publish_marts]


def _spec(node: dict[str, Any]) -> dg.AssetSpec:
    name = node["name"]
    links = {"Rows": f"/api/v1/marts/{name}", "Definition": shown.definition_link(name)}
    schema = models.column_schema(node)
    return dg.AssetSpec(
        key=["marts", name],
        deps=[models.key(node)],
        description=shown.with_links(models.words(node), links),
        metadata={"dagster/column_schema": schema} if schema else {},
        group_name="publish",
        owners=models.meta(node, "dagster").get("owners") or [f"team:{models.group(node)}"],
        kinds={"postgres"},
        freshness_policy=FRESHNESS,
    )


def published(
    warehouse: Warehouse, marts: dict[str, dict[str, Any]], report: PublishReport
) -> Iterator[dg.MaterializeResult]:
    """What was published, as the assets' pages show it."""
    done = [name for name in marts if name in report.changed or name in report.replaced]
    with warehouse.connect("transformer") as connection:
        counts = shown.row_counts(connection, {("marts", name) for name in done})
        for name in done:
            sample = shown.preview(connection, "marts", name, shown.preview_columns(marts[name]))
            changed = report.changed.get(name)
            yield dg.MaterializeResult(
                asset_key=["marts", name],
                metadata={
                    **shown.table_metadata(counts[("marts", name)], sample),
                    "rows changed": counts[("marts", name)] if changed is None else changed,
                    "copied whole": name in report.replaced,
                    "publish": report.publish_id,
                },
            )

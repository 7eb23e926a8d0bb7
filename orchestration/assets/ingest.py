"""The raw tables: one multi-asset a source, one partition a tenant. `pipelines.load` does the loading."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from orchestration import checks, staleness
from orchestration.partitions import tenants
from pipelines.raw_tables import RAW, TABLES
from pipelines.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from pipelines.outcomes import Outcome

log = logging.getLogger("clearsignal.progress")
SYSTEMS = {
    "github": "GitHub",
    "jira": "Jira",
    "hubspot": "HubSpot",
    "zendesk": "Zendesk",
    "gdelt": "GDELT",
    "open_meteo": "Open-Meteo",
    "exchange_rates": "The rate provider",
    "geonames": "GeoNames",
    "git": "The clone",
}


class IngestOptions(dg.Config):
    """What to load beyond the run's partitions, which are always a span."""

    tenants: list[str] = []  # noqa: RUF012  (pydantic copies it); partition keys, [] means all of the span
    connection_id: str | None = None
    full: bool = False  # from the first day instead of the cursors
    now: str | None = None  # the instant that counts as now, for recorded answers
    sweep: bool = False  # also find what was deleted at the source
    sweep_tenants: list[str] = []  # noqa: RUF012  those for whom it is night
    except_tenants: list[str] = []  # noqa: RUF012  those whose own schedule loads this source


def ingest(source: str) -> dg.AssetsDefinition:
    """The raw tables of one source."""
    tables = TABLES[source]

    @dg.multi_asset(
        name=f"load_{source}",
        specs=[_spec(source, table) for table in tables],
        check_specs=[checks.spec(source, table) for table in tables],
        partitions_def=tenants,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def load_source(
        context: dg.AssetExecutionContext, config: IngestOptions, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetMaterialization | dg.AssetCheckResult]:
        from pipelines import load  # dlt takes a second to import: only runs that load pay for it

        keys = [
            key
            for key in context.partition_keys
            if (not config.tenants or key in config.tenants) and key not in config.except_tenants
        ]
        failed: dict[str, Outcome] = {}
        outcomes = load.sync(
            warehouse,
            source,
            keys,
            connection_id=config.connection_id,
            now=datetime.fromisoformat(config.now) if config.now else None,
            full=config.full,
            sweep=config.sweep or config.sweep_tenants,
            run_id=context.run_id,
        )
        for outcome in outcomes:
            _tell(source, outcome)
            for why in outcome.left_alone:
                context.log.info(f"{_slug(outcome.tenant)}: {source} {outcome.name} {why}")
            if outcome.error:
                failed[outcome.tenant] = outcome
            # An event a tenant: a plain result would mark every tenant of the run as loaded.
            for table, count in outcome.rows.items():
                is_read = table not in outcome.failed and table not in outcome.waiting
                if is_read and (count or not outcome.error):
                    yield _materialised(source, table, outcome, count)
        stale = staleness.stale_tenants(warehouse, source)
        drift = staleness.drifts(warehouse, source)
        unread = staleness.unread(warehouse, source)
        yield from (checks.freshness(table, source, stale, drift.get(table, ()), unread) for table in tables)
        _tag_run(context, keys, set(failed))
        if failed:
            raise dg.Failure(_why(source, keys, failed), allow_retries=False)

    return load_source


def assets() -> list[dg.AssetsDefinition]:
    """All sources."""
    return [ingest(source) for source in TABLES]


def uploads() -> list[dg.AssetSpec]:
    """The files that tenants upload: no run loads them, they come when they come."""
    return [
        dg.AssetSpec(
            key=["raw_upload", table],
            description=f"Uploaded {table.replace('_', ' ')}, as their files have them.",
            group_name="ingest",
            owners=["team:ingest"],
            kinds={"file", "postgres"},
        )
        for table in RAW["upload"]
    ]


def _spec(source: str, table: str) -> dg.AssetSpec:
    oldest = staleness.OLDEST[source]
    return dg.AssetSpec(
        key=[f"raw_{source}", table],
        description=f"{SYSTEMS[source]}'s {table.replace('_', ' ')}, as it last showed them.",
        group_name="ingest",
        owners=["team:ingest"],
        kinds={"dlt", "postgres"},
        skippable=True,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=max(oldest * 2, timedelta(hours=2))),
    )


def _materialised(source: str, table: str, outcome: "Outcome", count: int) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        asset_key=[f"raw_{source}", table],
        partition=outcome.tenant,
        metadata={"rows loaded": count, "seconds": round(outcome.seconds, 3)},
    )


def _tell(source: str, outcome: "Outcome") -> None:
    error = (
        f"{outcome.error.http_status or outcome.error.error_class}: {outcome.error.message}" if outcome.error else None
    )
    progress = {"step": "load", "tenant": outcome.tenant, "source": source, "rows": sum(outcome.rows.values())}
    log.info("%s %s", outcome.tenant, source, extra={"progress": {**progress, "error": error}})


def _tag_run(context: dg.AssetExecutionContext, keys: list[str], failed: set[str]) -> None:
    """What the run list shows. The sources of a run add to each other's tags."""
    run = context.instance.get_run_by_id(context.run_id)
    known = (run.tags if run else {}).get("failed tenants", "")
    names = sorted({_slug(key) for key in failed} | set(filter(None, known.partition(": ")[2].split(", "))))
    tags = {"tenants": str(len(keys))}
    if names:
        tags["failed tenants"] = f"{len(names)} of {len(keys)}: {', '.join(names)}"[:250]
    context.instance.add_run_tags(context.run_id, tags)


def _why(source: str, keys: list[str], failed: "dict[str, Outcome]") -> str:
    each = [f"{_slug(key)}: {o.error.message} Do: {o.error.what_to_do}" for key, o in failed.items() if o.error]
    return f"{len(failed)} of {len(keys)} tenants failed to load {source}. " + " · ".join(each)


def _slug(partition_key: str) -> str:
    return partition_key.rpartition("--")[0]

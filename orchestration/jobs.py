"""What can be run: one job a schedule, one a source, the transform and the forecast. Each has a time limit."""

from collections.abc import Iterable

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

from orchestration.models import ATTRIBUTED, FORECAST, STEP_AFTER, Manifest, key
from pipelines.raw_tables import TABLES

MINUTE = 60
# What one schedule loads, and how long it may take: three times what the sources' documents say.
INGEST_JOBS: dict[str, tuple[tuple[str, ...], int]] = {
    "code_and_issues": (("github", "git", "jira", "hubspot", "zendesk"), 60 * MINUTE),
    "news": (("gdelt",), 30 * MINUTE),
    "weather": (("open_meteo",), 9 * MINUTE),
    "exchange_rates": (("exchange_rates",), 9 * MINUTE),
    "places": (("geonames",), 9 * MINUTE),
}
EVERYTHING = "ingest_everything"
FORECASTS = (
    "forecasts", "anomalies", "kpi_trends", "delivery_forecasts", "throughput_forecasts", "story_point_estimates",
)  # fmt: skip
ONE_AT_A_TIME = {"clearsignal/writes_marts": "yes"}  # dagster.yaml limits runs with this tag to one


def limited(seconds: int) -> dict[str, str]:
    """Run monitoring ends a run after so long; without it a dead worker's run would stay started for ever."""
    return {"dagster/max_runtime": str(seconds)}


def ingest_jobs() -> list[Job]:
    """Jobs over raw tables."""
    found = [
        _ingest(name, sources, seconds, f"Load {', '.join(sources)} for the chosen tenants.")
        for name, (sources, seconds) in INGEST_JOBS.items()
    ]
    for source in TABLES:
        found.append(_ingest(f"ingest_{source}", [source], 60 * MINUTE, f"Load {source} for the chosen tenants."))
    found.append(_ingest(EVERYTHING, TABLES, 120 * MINUTE, "Load every source for the chosen tenants."))
    return found


def build_jobs(manifest: Manifest) -> list[Job]:
    """Jobs that build and publish."""
    python = [dg.AssetKey(["ml", name]) for name, step in STEP_AFTER.items() if step == ATTRIBUTED]
    forecasts = [dg.AssetKey(["ml", name]) for name in FORECASTS]
    tables = [key(node) for node in manifest.tables.values()]
    marts = [dg.AssetKey(["marts", node["name"]]) for node in manifest.marts]
    third = [key(node) for node in manifest.of_step(FORECAST).values()]
    return [
        dg.define_asset_job(
            "transform",
            selection=dg.AssetSelection.assets(*tables, *python, *marts),
            description="New rows to published marts: models, commit graph, texts, tests, publish.",
            tags={**ONE_AT_A_TIME, **limited(60 * MINUTE)},
            executor_def=dg.in_process_executor,
        ),
        dg.define_asset_job(
            "forecast",
            selection=dg.AssetSelection.assets(*forecasts, *third, *marts),
            description="Forecasts, anomalies, trends and estimates, tested and published.",
            tags={**ONE_AT_A_TIME, **limited(90 * MINUTE)},
            executor_def=dg.in_process_executor,
        ),
    ]


def _ingest(name: str, sources: Iterable[str], seconds: int, description: str) -> Job:
    keys = [dg.AssetKey([f"raw_{source}", table]) for source in sources for table in TABLES[source]]
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(*keys),
        description=description,
        tags=limited(seconds),
        executor_def=dg.in_process_executor,
    )

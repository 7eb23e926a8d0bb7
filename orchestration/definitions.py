"""All of it: assets from raw to marts, jobs, schedules, sensors. A function, so that importing reads nothing."""

import dagster as dg


@dg.definitions
def clearsignal() -> dg.Definitions:
    """Read dbt's manifest from the home folder. Raises NoManifest where `dbt parse` has not run."""
    import dbt_project
    from orchestration import jobs, schedules, sensors
    from orchestration.assets import delivery, ingest, publish, signals, transform, trends, velocity
    from orchestration.models import Manifest
    from orchestration.resources import RESOURCES
    from pipelines.warehouse import home

    manifest = Manifest.read(dbt_project.manifest_path(home.home()))
    return dg.Definitions(
        assets=[
            *ingest.assets(),
            *ingest.uploads(),
            *transform.assets(manifest),
            *delivery.ASSETS,
            *signals.ASSETS,
            *trends.ASSETS,
            *velocity.ASSETS,
            *publish.assets(manifest),
        ],
        jobs=[*jobs.ingest_jobs(), *jobs.build_jobs(manifest)],
        schedules=schedules.ALL,
        sensors=sensors.ALL,
        resources=RESOURCES,
        executor=dg.in_process_executor,
    )

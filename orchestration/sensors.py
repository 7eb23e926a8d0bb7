"""What follows from what happened: new rows start a transform, a new tenant becomes a partition."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.builds import DUE_PACKAGES
from orchestration.jobs import EVERYTHING, INGEST_JOBS
from orchestration.partitions import in_warehouse, range_tags, tenants
from orchestration.schedules import is_active
from pipelines import schedules
from pipelines.raw_tables import TABLES


@dg.sensor(
    name="transform_new_rows",
    job_name="transform",
    minimum_interval_seconds=20,
    default_status=dg.DefaultSensorStatus.RUNNING,
    required_resource_keys={"warehouse"},
)
def transform_new_rows(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One transform at a time, when loading has ended and left rows that no build has seen."""
    if is_active(context.instance, "transform"):
        return dg.SkipReason("A transform is queued or running.")
    if is_active(context.instance, *INGEST_JOBS, EVERYTHING):
        return dg.SkipReason("Loading is still at work.")
    with context.resources.warehouse.connect("transformer") as connection:
        row = connection.execute(DUE_PACKAGES).fetchone()
    if not row or not row[0]:
        return dg.SkipReason("Nothing new was loaded.")
    return dg.RunRequest(tags={"new load packages": str(row[0])})


@dg.sensor(
    name="tenants_become_partitions",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    required_resource_keys={"warehouse"},
)
def tenants_become_partitions(context: dg.SensorEvaluationContext) -> Iterator[dg.SensorResult | dg.SkipReason]:
    """Partitions follow the table app.tenant."""
    wanted, known = in_warehouse(context.resources.warehouse), context.instance.get_dynamic_partitions("tenant")
    added = [key for key in wanted if key not in known]
    removed = [key for key in known if key not in wanted]
    requests: list[Any] = [tenants.build_add_request(added)] if added else []
    requests += [tenants.build_delete_request(removed)] if removed else []
    if requests:
        yield dg.SensorResult(dynamic_partitions_requests=requests)
    else:
        yield dg.SkipReason("The tenants have not changed.")


@dg.sensor(
    name="load_at_the_tenants_own_times",
    job_name=EVERYTHING,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    required_resource_keys={"warehouse"},
)
def load_at_the_tenants_own_times(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Loads what is due by a tenant's own schedule. However many times were missed, it is loaded once.

    The cursor says up to when each was followed; Dagster keeps it together with the run that it asked for.
    """
    if is_active(context.instance, EVERYTHING):
        return dg.SkipReason("Such a load is still at work.")
    now = datetime.now(UTC)
    followed: dict[str, str] = json.loads(context.cursor or "{}")
    with context.resources.warehouse.connect("loader") as connection:
        own = schedules.own(connection)
    known = list(context.instance.get_dynamic_partitions("tenant"))
    since = {each.key: max(each.changed_at, datetime.fromisoformat(followed.get(each.key, "1970-01-01T00:00:00Z")))
             for each in own}  # fmt: skip
    due = [each for each in own if each.last_due(now) > since[each.key] and each.partition_key in known]
    if not due:
        return dg.SkipReason("Nothing is due." if own else "No tenant has times of its own.")
    config = {}
    for source in {each.source for each in due}:
        mine = [each for each in due if each.source == source]
        night = [each.partition_key for each in mine
                 if schedules.is_sweep(since[each.key], each.last_due(now), each.zone)]  # fmt: skip
        said = {"tenants": [each.partition_key for each in mine], "sweep_tenants": night}
        config[f"load_{source}"] = {"config": said}
    reached = {each.key: followed[each.key] for each in own if each.key in followed}
    reached |= {each.key: each.last_due(now).isoformat() for each in due}
    request = dg.RunRequest(
        run_key=" ".join(sorted(f"{each.key} {each.last_due(now):%FT%H:%M}" for each in due)),
        run_config={"ops": config},
        asset_selection=[dg.AssetKey([f"raw_{each.source}", table]) for each in due for table in TABLES[each.source]],
        tags={**range_tags(known, [each.partition_key for each in due]), "own schedules": str(len(due))},
    )
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(reached))


ALL = [transform_new_rows, tenants_become_partitions, load_at_the_tenants_own_times]

"""What follows from what happened: new rows start a transform, a new tenant becomes a partition."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.builds import NEW_PACKAGES
from orchestration.jobs import EVERYTHING, INGEST_JOBS
from orchestration.partitions import in_warehouse, tenants
from orchestration.schedules import is_active


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
        row = connection.execute(NEW_PACKAGES).fetchone()
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


ALL = [transform_new_rows, tenants_become_partitions]

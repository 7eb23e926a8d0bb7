"""When sources are loaded and forecasts made. A schedule's name is all that its page shows, so it says when."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.jobs import INGEST_JOBS
from orchestration.partitions import range_tags
from pipelines import schedules
from pipelines.schedules import DEFAULTS
from pipelines.warehouse.connection import Warehouse

ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FORECAST_HOUR = 2
PROPHET_WEEKDAY = 6  # Sundays: Prophet's own backtest costs seconds a series


def is_active(instance: dg.DagsterInstance, *jobs: str) -> bool:
    """Whether one of the jobs is queued or running."""
    return any(instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=ACTIVE)) > 0 for job in jobs)


def loading(name: str, job: str) -> dg.ScheduleDefinition:
    """A schedule whose every tick loads all tenants in one run, but for those that chose times of their own."""
    sources = INGEST_JOBS[job][0]
    cron = DEFAULTS[sources[0]]

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        required_resource_keys={"warehouse"},
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        keys = list(context.instance.get_dynamic_partitions("tenant"))
        if not keys:
            return dg.SkipReason("There is no tenant yet. Do: clearsignal tenant add.")
        if is_active(context.instance, job):
            return dg.SkipReason("The last run has not ended yet.")
        at = context.scheduled_execution_time
        with context.resources.warehouse.connect("loader") as connection:
            own = schedules.own(connection)
        before = schedules.last_due(cron, "UTC", at - timedelta(minutes=1))
        night = [key for key, zone in zones(context.resources.warehouse) if schedules.is_sweep(before, at, zone)]
        config = {
            f"load_{source}": {
                "config": {
                    "sweep_tenants": night,
                    "except_tenants": [each.partition_key for each in own if each.source == source],
                }
            }
            for source in sources
        }
        return dg.RunRequest(run_key=at.isoformat(), run_config={"ops": config}, tags=range_tags(keys))

    return tick


@dg.schedule(
    name="forecasts_daily_0200",
    job_name="forecast",
    cron_schedule="0 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    required_resource_keys={"warehouse"},
)
def forecasts(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Each tenant at two in the morning of its own zone, so one tick an hour; on Sundays with Prophet's backtest."""
    due = tenants_at(context.resources.warehouse, context.scheduled_execution_time, FORECAST_HOUR)
    if not due:
        return dg.SkipReason("It is two in the morning for no tenant.")
    at = context.scheduled_execution_time
    forecasting = {"tenants": due, "prophet_backtest": at.weekday() == PROPHET_WEEKDAY}
    ops = {
        f"ml__{name}": {"config": {"tenants": due}}
        for name in ("anomalies", "kpi_trends", "delivery_forecasts", "story_point_estimates")
    }
    config = {"ops": {"ml__forecasts": {"config": forecasting}, **ops}}
    return dg.RunRequest(run_key=at.isoformat(), run_config=config)


def tenants_at(warehouse: Warehouse, now: datetime, hour: int) -> list[str]:
    """The partition keys of the tenants whose own clock shows that hour."""
    return [key for key, zone in zones(warehouse) if now.astimezone(ZoneInfo(zone)).hour == hour]


def zones(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Each tenant's partition key and time zone."""
    with warehouse.connect("loader") as connection:
        return connection.execute("select partition_key, time_zone from app.tenant order by partition_key").fetchall()


ALL = [
    loading("code_and_issues_every_15_minutes", "code_and_issues"),
    loading("news_hourly", "news"),
    loading("weather_every_6_hours", "weather"),
    loading("exchange_rates_daily", "exchange_rates"),
    loading("places_daily", "places"),
    forecasts,
]

"""A code location with nothing but Dagster's own packages and one trivial job."""

import dagster as dg
import dagster_dbt  # noqa: F401  (what the reference pays for)
import dagster_postgres  # noqa: F401


@dg.op
def nothing() -> None:
    """As little as a run can do."""


@dg.job(executor_def=dg.in_process_executor)
def trivial() -> None:
    """One op."""
    nothing()


definitions = dg.Definitions(jobs=[trivial])

"""Our code location with the same trivial job beside ours."""

import dagster as dg

from orchestration import definitions as ours  # not the function: Dagster would find two code locations here


@dg.op
def nothing() -> None:
    """As little as a run can do."""


@dg.job(executor_def=dg.in_process_executor)
def trivial() -> None:
    """One op."""
    nothing()


definitions = dg.Definitions.merge(ours.clearsignal(), dg.Definitions(jobs=[trivial]))

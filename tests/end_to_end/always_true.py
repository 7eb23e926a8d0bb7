"""What holds in every published world: queries that find the rows in which it does not.

What dbt's own data tests ask of every build (weeks and months, the summary) is not asked again.
"""

from collections.abc import Iterator

from pipelines.contracts import Column, Mart

# A growth, an error and a completed ÷ committed may exceed 1, and a likeness has a bound of its own.
NO_RATES = {
    "change_ratio", "created_change_ratio", "resolved_change_ratio", "open_change_ratio", "mase", "smape",
    "say_do_ratio", "say_do_ratio_of_issues", "change_ratio_30d",
}  # fmt: skip
DURATIONS = ("seconds", "minutes", "hours", "days")
SIGNED = {"lag_seconds"}  # a source may be read later than the newest instant that the others know
COUNTED = {  # the count of measured cases → the figures that are made of them
    "dora_daily": {
        "n": ("lead_time_p50_seconds", "lead_time_p75_seconds", "lead_time_p90_seconds"),
        "change_count": ("coverage",),
        "recovered_count": ("recovery_p50_seconds",),
    },
    "dora_periods": {
        "n": ("lead_time_p50_seconds", "lead_time_p75_seconds", "lead_time_p90_seconds"),
        "change_count": ("coverage",),
        "merged_count": ("merge_to_deploy_p50_seconds",),
        "recovered_count": ("recovery_p50_seconds",),
        "restored_count": ("restore_p50_seconds",),
        "observed_days": ("deployments_per_day",),
        "week_count": ("deployment_days_per_week_p50",),
        "deployment_count": ("rework_rate", "change_failure_rate_of_all"),
        "deployment_count - rollback_count": ("change_failure_rate",),
        "deployment_count + failed_count": ("deployment_failure_rate",),
    },
    "throughput_weekly": {"delivered_count": ("coverage",), "estimated_count": ("delivered_points",)},
    "source_comparison": {"created_count": ("severe_share", "linked_share"), "resolved_count": ("reopened_share",)},
    "commits_weekly": {"commit_count": ("coverage",)},
}
PARTS = " + ".join(
    f"{part}_seconds" for part in ("coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run")
)
SUMS = (  # of a scope's days; a window that begins before the scope has no days there
    "deployment_count", "failed_count", "rollback_count", "change_failure_count", "rework_count", "change_count", "n",
    "merged_count", "recovered_count",
)  # fmt: skip

QUERIES = {
    "a pull request has a total where all its parts are measured": f"""
        select * from marts.pull_requests where ({PARTS} is null) <> (total_seconds is null)""",
    "days sum to rolling windows": f"""
        select longer.scope, longer.period_kind, longer.first_day
        from marts.dora_periods as longer inner join marts.dora_periods as days
            using (tenant_id, scope_kind, scope)
        where longer.period_kind not in ('day', 'week', 'month') and days.period_kind = 'day'
            and days.first_day between longer.first_day and longer.last_day
        group by longer.tenant_id, longer.scope_kind, longer.scope, longer.period_kind, longer.first_day,
            {", ".join(f"longer.{name}" for name in SUMS)}
        having ({", ".join(f"sum(days.{name})" for name in SUMS)})
            is distinct from ({", ".join(f"longer.{name}" for name in SUMS)})""",
    "a rollback delivers nothing": """
        select changes.* from marts.change_deployments as changes
        inner join marts.deployments as deployments using (tenant_id, deployment_id)
        where deployments.is_rollback""",
    "a deployment counts the changes that it delivered": """
        select deployments.* from marts.deployments as deployments left join (
            select tenant_id, deployment_id, count(*) as delivered from marts.change_deployments
            where not is_baseline group by 1, 2) as changes using (tenant_id, deployment_id)
        where deployments.change_count <> coalesce(changes.delivered, 0)""",
    "what is delivered was merged before": """
        select * from marts.change_deployments where merged_at > deployed_at and attribution_method <> 'cherry_pick'""",
}


def queries(marts: dict[str, Mart]) -> dict[str, str]:
    """Every query by what it asks for; those that the contracts give included."""
    return QUERIES | dict(_of_contracts(marts)) | dict(_of_counts())


def _of_contracts(marts: dict[str, Mart]) -> Iterator[tuple[str, str]]:
    for name, mart in marts.items():
        outside = [f"{each.name} not between 0 and 1" for each in mart.columns if _is_rate(each)]
        if {"value", "unit"} <= {each.name for each in mart.columns}:
            outside.append("unit = 'ratio' and value not between 0 and 1")
        if outside:
            yield f"rates of {name} lie in [0, 1]", f"select * from marts.{name} where {' or '.join(outside)}"
        negative = [f"{each.name} < 0" for each in mart.columns if each.unit in DURATIONS and each.name not in SIGNED]
        if negative:
            yield f"no duration of {name} is negative", f"select * from marts.{name} where {' or '.join(negative)}"


def _is_rate(column: Column) -> bool:
    return column.unit in ("ratio", "share") and column.name not in NO_RATES


def _of_counts() -> Iterator[tuple[str, str]]:
    for mart, counts in COUNTED.items():
        wrong = [f"(({count}) = 0) <> ({figure} is null)" for count, figures in counts.items() for figure in figures]
        yield (
            f"{mart}: NULL where nothing was measured, and only there",
            f"select * from marts.{mart} where {' or '.join(wrong)}",
        )

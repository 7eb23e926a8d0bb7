"""What a figure is made of, read from the mart of its cases: of delivery, of the other KPIs, of sprints."""

from dataclasses import dataclass

DELIVERY = (
    "change_failure_rate", "deployment_failure_rate", "deployment_frequency", "lead_time", "recovery_time",
    "rework_rate", "time_to_restore",
)  # fmt: skip
PULLS = ("cycle_time", "merged_pull_requests", "review_time")
ISSUES = ("issues_resolved", "open_issues", "time_to_resolve")
SPRINTS = ("sprint_carried_over", "sprint_committed", "sprint_completed")
METRICS = tuple(sorted((*DELIVERY, *PULLS, *ISSUES, *SPRINTS)))
# Parameters of the queries: $1 kind of the scope, $2 its name, $3 metric, $4 first day, $5 last day.
PROJECT_SERVICES = """
select part_name from marts.project_members
where part = 'service' and $2 = case $1 when 'project' then project when 'portfolio' then portfolio end
"""
# A tenant's scope has no column of its own; any other is one of these.
IN_DELIVERY_SCOPE = f"""
($1 = 'tenant' or case $1
    when 'service' then service = $2 when 'repository' then repository = $2 when 'team' then $2 = any(teams)
    else service in ({PROJECT_SERVICES})
end)
"""
DELIVERY_CASES = f"""
select metric, case_kind, case_id, deployment_id, service, repository, environment, happened_at, is_counted,
    left_out_because, is_in_numerator, seconds, reference, evidence, override_id, override_reason, rule_position, url,
    null::text as source, null::text as project, null::uuid as sprint_id, null::double precision as points
from marts.metric_evidence where metric = $3 and day between $4 and $5 and {IN_DELIVERY_SCOPE}
"""
# Deployments a day: from the first one on that was observed in production, whatever came of it.
DELIVERY_VALUE = f"""
case
    when $3 like '%\\_rate' then avg(is_in_numerator::int) filter (where is_counted)::double precision
    when $3 = 'deployment_frequency'
        then count(*) filter (where is_counted)::double precision / nullif(greatest($5 - greatest($4, (
            select min(day) from marts.metric_evidence
            where metric = $3 and {IN_DELIVERY_SCOPE}
                and (is_counted or left_out_because not in ('not_production', 'excluded', 'dismissed'))
        )) + 1, 0), 0)
    else percentile_cont(0.5) within group (order by seconds) filter (where is_counted)
end
"""
DELIVERY_SCOPES = """
select scope, unit, as_of, true as is_measured from marts.dora_summary
where scope_kind = $1 and metric = $2 and window_days = 7
union all
select scope, unit, as_of, true as is_measured from marts.executive_kpis
where scope_kind = $1 and definition_id = $2 and window_days = 7 and scope_kind in ('project', 'portfolio')
"""
# What is open is a stock: of the stretches in which an issue was open within the window those that last beyond it.
KPI_CASES = """
select metric, case_kind, case_id, null::uuid as deployment_id, null::text as service, repository,
    null::text as environment, happened_at, is_counted and coalesce(ended_on > $5, true) as is_counted,
    case when ended_on <= $5 then 'resolved' else left_out_because end as left_out_because,
    null::boolean as is_in_numerator, seconds, reference, null::jsonb as evidence, null::uuid as override_id,
    null::text as override_reason, null::integer as rule_position, url, source, issue_project as project,
    null::uuid as sprint_id,
    null::double precision as points
from marts.kpi_evidence
where metric = $3 and day <= $5
    and case metric when 'open_issues' then coalesce(ended_on >= $4, true) else day >= $4 end
    and ($1 = 'tenant' or case $1
        when 'repository' then repository = $2 when 'team' then $2 = any(teams)
        when 'project' then project = $2 when 'portfolio' then portfolio = $2 else objective = $2
    end)
"""
KPI_VALUE = """
case
    when $3 in ('merged_pull_requests', 'issues_resolved', 'open_issues')
        then count(*) filter (where is_counted)::double precision
    else percentile_cont(0.5) within group (order by seconds) filter (where is_counted)
end
"""
KPI_SCOPES = """
select scope, unit, as_of, true as is_measured from marts.executive_kpis
where scope_kind = $1 and definition_id = $2 and window_days = 7
"""
SPRINT_CASES = """
select metric, case_kind, case_id, null::uuid as deployment_id, null::text as service, null::text as repository,
    null::text as environment, happened_at, is_counted, left_out_because, null::boolean as is_in_numerator,
    null::double precision as seconds, reference, null::jsonb as evidence, null::uuid as override_id,
    null::text as override_reason, null::integer as rule_position, url, source, issue_project as project, sprint_id,
    points
from marts.sprint_evidence
where metric = $3
    and case $1 when 'sprint' then sprint_id::text = $2 else $2 = any(teams) and day between $4 and $5 end
"""
# A sprint without issues has measured zeros, a team without a closed sprint has none.
SPRINT_VALUE = """
case
    when $1 = 'sprint' or bool_or(is_counted or left_out_because not in ('sub_task', 'unmeasured_sprint'))
        then coalesce(sum(points::numeric) filter (where is_counted), 0)::double precision
end
"""
SPRINT_SCOPES = """
select sprint_id::text as scope, 'points' as unit, (closed_at at time zone time_zone)::date as as_of,
    unmeasured_reason is null and (closed_at is not null or $2 <> 'sprint_carried_over') as is_measured,
    (started_at at time zone time_zone)::date as first_day
from marts.sprint_velocity cross join app.tenant where $1 = 'sprint'
union all
select team as scope, 'points' as unit, as_of, true as is_measured, null as first_day
from marts.team_scorecard where $1 = 'team' and window_days = 7
"""
RULES = "select rule_kind, version, rule_count from marts.rules_in_force order by rule_kind"


@dataclass(frozen=True)
class Grain:
    """A mart of cases, and how they are looked for and made a figure."""

    mart: str
    scope_kinds: tuple[str, ...]
    scopes: str  # of a kind ($1) and a metric ($2): names, unit and newest day
    cases: str
    value: str

    @property
    def figure(self) -> str:
        """The figure of the cases."""
        return f"""
            with cases as ({self.cases})
            select count(*) filter (where is_counted) as n, count(*) filter (where is_in_numerator) as numerator,
                {self.value} as value
            from cases
        """

    @property
    def left_out(self) -> str:
        """How many cases are left out, by reason."""
        return f"""
            with cases as ({self.cases})
            select left_out_because as reason, count(*) as case_count from cases
            where not is_counted group by left_out_because order by count(*) desc, left_out_because
        """

    @property
    def shown(self) -> str:
        """The first cases ($6), those that matter most first."""
        return f"""
            with cases as ({self.cases})
            select * from cases
            order by
                is_in_numerator desc nulls last, evidence is null, is_counted desc, happened_at desc, case_id
            limit $6
        """


SHARED = ("team", "project", "portfolio")
_DELIVERED = Grain(
    "metric_evidence", ("tenant", "service", "repository", *SHARED), DELIVERY_SCOPES, DELIVERY_CASES, DELIVERY_VALUE
)
_PULLS = Grain("kpi_evidence", ("tenant", "repository", *SHARED), KPI_SCOPES, KPI_CASES, KPI_VALUE)
_ISSUES = Grain("kpi_evidence", ("tenant", *SHARED, "objective"), KPI_SCOPES, KPI_CASES, KPI_VALUE)
_SPRINTS = Grain("sprint_evidence", ("sprint", "team"), SPRINT_SCOPES, SPRINT_CASES, SPRINT_VALUE)
GRAINS = {
    metric: grain
    for metrics, grain in ((DELIVERY, _DELIVERED), (PULLS, _PULLS), (ISSUES, _ISSUES), (SPRINTS, _SPRINTS))
    for metric in metrics
}

-- One row per team and window: delivery, velocity and quality side by side.
{{ config(unique_key=['tenant_id', 'team', 'window_days']) }}
{% set figures = {
    'deployment_frequency': 'deployments_per_day', 'lead_time': 'lead_time_p50_seconds',
    'merged_pull_requests': 'merged_pull_request_count', 'cycle_time': 'cycle_time_p50_seconds',
    'review_time': 'review_p50_seconds', 'issues_resolved': 'resolved_issue_count',
    'time_to_resolve': 'time_to_resolve_p50_seconds', 'open_issues': 'open_issue_count',
    'change_failure_rate': 'change_failure_rate', 'recovery_time': 'recovery_p50_seconds',
} -%}
with

teams as (
    select
        teams.tenant_id,
        teams.team,
        tenants.today,
        count(members.person) as member_count
    from {{ source('app', 'team') }} as teams
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    left join {{ ref('int_teams__members') }} as members using (tenant_id, team)
    where tenants.today is not null and {{ of_touched_tenants('teams.tenant_id') }}
    group by teams.tenant_id, teams.team, tenants.today
),

figures as (
    select * from {{ ref('executive_kpis') }}
    where scope_kind = 'team' and {{ of_touched_tenants() }}
),

sprints as (
    select * from {{ ref('int_portfolio__team_sprints') }}
    where {{ of_touched_tenants() }}
)

select
    teams.tenant_id,
    teams.team,
    windows.window_days,
    teams.member_count,
    {% for metric, column in figures.items() -%}
    max(figures.value) filter (where figures.definition_id = '{{ metric }}')
    {%- if column.endswith('_count') %}::bigint{% endif %} as {{ column }},
    {% endfor -%}
    max(sprints.closed_sprint_count) as closed_sprint_count,
    max(sprints.committed_count) as sprint_committed_count,
    max(sprints.committed_points)::double precision as sprint_committed_points,
    max(sprints.completed_count) as sprint_completed_count,
    max(sprints.completed_points)::double precision as sprint_completed_points,
    max(sprints.carried_over_count) as sprint_carried_over_count,
    max(sprints.carried_over_points)::double precision as sprint_carried_over_points,
    max(sprints.completed_points / nullif(sprints.committed_points, 0))::double precision as say_do_ratio,
    max(sprints.completed_count::double precision / nullif(sprints.committed_count, 0)) as say_do_ratio_of_issues,
    coalesce(max(figures.n) filter (where figures.definition_id = 'deployment_frequency'), 0) as deployment_count,
    coalesce(max(figures.n) filter (where figures.definition_id = 'lead_time'), 0) as n,
    max(figures.coverage) filter (where figures.definition_id = 'lead_time') as coverage,
    count(figures.target) as target_count,
    count(*) filter (where figures.is_target_met) as met_target_count,
    teams.today as as_of
from teams
cross join (values (7), (30), (90)) as windows (window_days)
left join figures
    on
        teams.tenant_id = figures.tenant_id
        and teams.team = figures.scope
        and windows.window_days = figures.window_days
left join sprints
    on
        teams.tenant_id = sprints.tenant_id
        and teams.team = sprints.team
        and windows.window_days = sprints.window_days
group by teams.tenant_id, teams.team, teams.member_count, teams.today, windows.window_days

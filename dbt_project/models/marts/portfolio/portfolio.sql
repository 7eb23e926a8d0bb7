-- One row per service, project, portfolio and objective, and window; each recomputed from its own single cases.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days']) }}
{% set figures = {
    'deployment_frequency': 'deployments_per_day', 'lead_time': 'lead_time_p50_seconds',
    'change_failure_rate': 'change_failure_rate', 'recovery_time': 'recovery_p50_seconds',
    'merged_pull_requests': 'merged_pull_request_count', 'issues_resolved': 'resolved_issue_count',
    'open_issues': 'open_issue_count',
} -%}
with

figures as (
    select * from {{ ref('executive_kpis') }}
    where {{ of_touched_tenants() }}
),

parts as (
    select * from {{ ref('int_portfolio__parts') }}
),

-- What each is a part of: a service of a project, a project of a portfolio.
parents as (
    select tenant_id, 'service' as scope_kind, name as scope, 'project' as parent_kind, project as parent
    from parts
    where part = 'service' and project is not null
    union
    select tenant_id, 'project' as scope_kind, project as scope, 'portfolio' as parent_kind, portfolio as parent
    from parts
    where portfolio is not null
),

objectives as (
    select
        tenant_id,
        objective,
        owner,
        starts_on,
        ends_on
    from {{ source('app', 'objective') }}
),

-- An objective that nothing serves yet is shown too.
scopes as (
    select distinct
        tenant_id,
        scope_kind,
        scope
    from figures
    where scope_kind in ('service', 'project', 'portfolio', 'objective')
    union
    select tenant_id, 'objective' as scope_kind, objective as scope
    from objectives
    where {{ of_touched_tenants() }}
),

efforts as (
    select
        tenant_id,
        window_days,
        value as resolved
    from figures
    where scope_kind = 'tenant' and definition_id = 'issues_resolved'
),

pivoted as (
    select
        tenant_id,
        scope_kind,
        scope,
        window_days,
        {% for metric, column in figures.items() -%}
        max(value) filter (where definition_id = '{{ metric }}')
        {%- if column.endswith('_count') %}::bigint{% endif %} as {{ column }},
        {% endfor -%}
        max(n) filter (where definition_id = 'deployment_frequency') as deployment_count,
        max(n) filter (where definition_id = 'lead_time') as n,
        max(coverage) filter (where definition_id = 'lead_time') as coverage
    from figures
    group by tenant_id, scope_kind, scope, window_days
)

select
    scopes.tenant_id,
    scopes.scope_kind,
    scopes.scope,
    windows.window_days,
    parents.parent_kind,
    parents.parent,
    objectives.owner,
    objectives.starts_on,
    objectives.ends_on,
    {% for column in figures.values() -%}
    pivoted.{{ column }},
    {% endfor -%}
    pivoted.deployment_count,
    case
        when scopes.scope_kind <> 'service'
            then coalesce(pivoted.resolved_issue_count, 0)::double precision / nullif(efforts.resolved, 0)
    end as effort_share,
    coalesce(pivoted.n, 0) as n,
    pivoted.coverage,
    tenants.today as as_of
from scopes
cross join (values (7), (30), (90)) as windows (window_days)
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
left join parents using (tenant_id, scope_kind, scope)
left join objectives
    on
        scopes.tenant_id = objectives.tenant_id
        and scopes.scope_kind = 'objective'
        and scopes.scope = objectives.objective
left join pivoted
    on
        scopes.tenant_id = pivoted.tenant_id
        and scopes.scope_kind = pivoted.scope_kind
        and scopes.scope = pivoted.scope
        and windows.window_days = pivoted.window_days
left join efforts
    on scopes.tenant_id = efforts.tenant_id and windows.window_days = efforts.window_days
where tenants.today is not null

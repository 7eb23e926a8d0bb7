-- One row per KPI and case, a pull request or an issue: whether the case is in the figure, or why not.
{{ config(
    unique_key=['tenant_id', 'evidence_id'],
    touched='touched_kpi_cases',
    scope=['tenant_id', 'case_kind', 'case_id'],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_portfolio__issues') }}
-- depends_on: {{ ref('int_pull_requests__touched') }}
with

{% if is_incremental() -%}
touched as materialized (
    {{ touched_kpi_cases(this) | indent(4) }}
),
{%- endif %}

tenants as (
    select tenant_id, time_zone from {{ source('app', 'tenant') }}
),

pulls as (
    select * from {{ ref('pull_requests') }}
    {%- if is_incremental() %}
    where
        (tenant_id, pull_request_id) in (
            select touched.tenant_id, touched.case_id::uuid from touched where touched.case_kind = 'pull_request'
        )
    {%- endif %}
),

issues as (
    select * from {{ ref('int_portfolio__issue_places') }}
    {%- if is_incremental() %}
    where
        (tenant_id, issue_id) in (
            select touched.tenant_id, touched.case_id::uuid from touched where touched.case_kind = 'issue'
        )
    {%- endif %}
),

of_pulls as (
    select
        pulls.tenant_id,
        'pull_request' as case_kind,
        pulls.pull_request_id as case_id,
        measures.metric,
        1 as stretch,
        'github' as source,
        pulls.repository,
        null as issue_project,
        owners.teams,
        parts.project,
        parts.portfolio,
        null as objective,
        measures.happened_at,
        null::timestamptz as ended_at,
        -- Bots are out of what people do, whatever came of it.
        case when pulls.is_bot then 'bot' else measures.left_out_because end as left_out_because,
        measures.seconds,
        pulls.repository || '#' || pulls.number as reference,
        pulls.url
    from pulls
    inner join lateral (
        values
        (
            'cycle_time', coalesce(pulls.deployed_at, pulls.merged_at), pulls.total_seconds,
            case when pulls.deployed_at is null then 'not_deployed' when pulls.total_seconds is null then 'not_measurable' end
        ),
        (
            'review_time', pulls.merged_at, pulls.review_seconds,
            case when pulls.review_seconds is null then 'not_measurable' end
        ),
        (
            'merged_pull_requests', coalesce(pulls.merged_at, pulls.closed_at, pulls.opened_at), null,
            case
                when pulls.merged_at is not null then null
                when pulls.state = 'closed' then 'closed_unmerged'
                when pulls.is_draft then 'draft'
                else 'open'
            end
        )
    ) as measures (metric, happened_at, seconds, left_out_because) on measures.happened_at is not null
    left join {{ ref('int_teams__by_repository') }} as owners using (tenant_id, repository)
    left join {{ ref('int_portfolio__parts') }} as parts
        on
            pulls.tenant_id = parts.tenant_id
            and pulls.repository = parts.name
            and parts.part = 'repository'
),

of_issues as (
    select
        issues.tenant_id,
        'issue' as case_kind,
        issues.issue_id as case_id,
        measures.metric,
        measures.stretch,
        issues.source,
        null as repository,
        issues.project as issue_project,
        issues.teams,
        issues.portfolio_project as project,
        issues.portfolio,
        issues.objective_or_unlinked as objective,
        measures.happened_at,
        measures.ended_at,
        measures.left_out_because,
        measures.seconds,
        issues.key as reference,
        issues.url
    from issues
    inner join lateral (
        select
            'time_to_resolve' as metric,
            1 as stretch,
            issues.resolved_at as happened_at,
            null::timestamptz as ended_at,
            extract(epoch from issues.resolved_at - issues.created_at)::double precision as seconds,
            null as left_out_because
        union all
        select
            'issues_resolved' as metric,
            1 as stretch,
            issues.resolved_at as happened_at,
            null as ended_at,
            null as seconds,
            case when not issues.is_delivered then 'not_delivered' end as left_out_because
        union all
        -- What is open is told by the stretches in which an issue was open; one that was reopened has several.
        select
            'open_issues' as metric,
            stretches.number as stretch,
            stretches.opened_at as happened_at,
            stretches.resolved_at as ended_at,
            null as seconds,
            null as left_out_because
        from unnest(issues.opened_ats, issues.resolved_ats) with ordinality as stretches (opened_at, resolved_at, number)
    ) as measures on measures.happened_at is not null
),

cases as (
    select * from of_pulls
    union all
    select * from of_issues
)

select
    cases.tenant_id,
    {{ surrogate_id(['cases.metric', 'cases.case_id', 'cases.stretch']) }} as evidence_id,
    cases.metric,
    cases.case_kind,
    cases.case_id::text as case_id,
    cases.source,
    cases.repository,
    cases.issue_project,
    cases.teams,
    cases.project,
    cases.portfolio,
    cases.objective,
    {{ local_day('cases.happened_at', 'tenants.time_zone') }} as day,
    cases.happened_at,
    {{ local_day('cases.ended_at', 'tenants.time_zone') }} as ended_on,
    cases.left_out_because is null as is_counted,
    cases.left_out_because,
    case when cases.left_out_because is null then cases.seconds end as seconds,
    cases.reference,
    cases.url
from cases
inner join tenants using (tenant_id)

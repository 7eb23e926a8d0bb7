-- One row per single case and scope that it counts in, on its local day; `figure` says how the cases make the figure.
-- Of the tenants that this build has news of; of all while there are no values yet, and on a full refresh.
{{ config(materialized='table') }}
{% set has_values = execute and adapter.get_relation(this.database, this.schema, 'int_portfolio__values') is not none -%}
with

tenants as (
    select tenant_id, time_zone from {{ source('app', 'tenant') }}
    where {{ of_touched_tenants(is_needed=has_values and not flags.FULL_REFRESH) }}
),

-- Of the tenant, services and repositories dora_summary has the figures already.
delivery as (
    select
        evidence.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        evidence.metric,
        case
            when evidence.metric = 'deployment_frequency' then 'per_day'
            when evidence.metric like '%_rate' then 'share'
            else 'median'
        end as figure,
        evidence.day,
        case evidence.metric when 'deployment_frequency' then evidence.is_counted else evidence.is_in_numerator end as is_hit,
        evidence.seconds as value
    from {{ ref('metric_evidence') }} as evidence
    inner join tenants using (tenant_id)
    inner join {{ ref('int_portfolio__scopes') }} as scopes
        on
            evidence.tenant_id = scopes.tenant_id
            and (
                (scopes.part = 'service' and evidence.service = scopes.name)
                or (scopes.part = 'repository' and scopes.scope_kind = 'team' and evidence.repository = scopes.name)
            )
    where
        evidence.is_counted
        -- Cases without a time count for the coverage, and pipelines that failed for the days that were observed.
        or evidence.left_out_because in ('not_measurable', 'still_broken')
        or (
            evidence.metric = 'deployment_frequency'
            and evidence.left_out_because in ('failure', 'cancelled', 'unfinished')
        )
),

pulls as (
    select
        pulls.*,
        tenants.time_zone,
        scopes.scope_kind,
        scopes.scope
    from {{ ref('pull_requests') }} as pulls
    inner join tenants using (tenant_id)
    inner join (
        select tenant_id, name as repository, scope_kind, scope
        from {{ ref('int_portfolio__scopes') }}
        where part = 'repository'
        union all
        select distinct tenant_id, repository, 'tenant' as scope_kind, 'all' as scope
        from {{ ref('pull_requests') }}
        union all
        select distinct tenant_id, repository, 'repository' as scope_kind, repository as scope
        from {{ ref('pull_requests') }}
    ) as scopes using (tenant_id, repository)
    where not pulls.is_bot
),

of_pulls as (
    select
        pulls.tenant_id,
        pulls.scope_kind,
        pulls.scope,
        measures.metric,
        measures.figure,
        {{ local_day('measures.happened_at', 'pulls.time_zone') }} as day,
        null::boolean as is_hit,
        measures.value
    from pulls
    inner join lateral (
        values
        ('cycle_time', 'median', pulls.deployed_at, pulls.total_seconds),
        ('review_time', 'median', pulls.merged_at, pulls.review_seconds),
        ('merged_pull_requests', 'count', pulls.merged_at, null)
    ) as measures (metric, figure, happened_at, value) on true
    where measures.happened_at is not null
),

of_issues as (
    select
        issues.tenant_id,
        issues.scope_kind,
        issues.scope,
        measures.metric,
        measures.figure,
        {{ local_day('measures.happened_at', 'tenants.time_zone') }} as day,
        null::boolean as is_hit,
        measures.value
    from {{ ref('int_portfolio__issue_scopes') }} as issues
    inner join tenants using (tenant_id)
    inner join lateral (
        select
            'time_to_resolve' as metric,
            'median' as figure,
            issues.resolved_at as happened_at,
            extract(epoch from issues.resolved_at - issues.created_at)::double precision as value
        union all
        select 'issues_resolved' as metric, 'count' as figure, issues.resolved_at as happened_at, null as value
        where issues.is_delivered
        union all
        select 'open_issues' as metric, 'balance' as figure, opened.at as happened_at, 1 as value
        from unnest(issues.opened_ats) as opened (at)
        union all
        select 'open_issues' as metric, 'balance' as figure, resolved.at as happened_at, -1 as value
        from unnest(issues.resolved_ats) as resolved (at)
    ) as measures on true
    where measures.happened_at is not null
)

select * from delivery
union all
select * from of_pulls
union all
select * from of_issues

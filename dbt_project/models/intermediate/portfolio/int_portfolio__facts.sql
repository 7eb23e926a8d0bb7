-- One row per single case and scope that it counts in, on its local day; `figure` says how the cases make the figure.
-- Of the tenants that this build has news of; of all while there are no values yet, and on a full refresh.
{{ config(materialized='table') }}
{% set has_values = execute and adapter.get_relation(this.database, this.schema, 'int_portfolio__values') is not none -%}
with

tenants as (
    select tenant_id from {{ source('app', 'tenant') }}
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

-- One that is open counts from its day on until the day on which it ends.
of_cases as (
    select
        cases.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        cases.metric,
        cases.figure,
        moments.day,
        null::boolean as is_hit,
        moments.value
    from (
        select
            evidence.*,
            case
                when evidence.metric = 'open_issues' then 'balance'
                when evidence.metric in ('merged_pull_requests', 'issues_resolved') then 'count'
                else 'median'
            end as figure
        from {{ ref('kpi_evidence') }} as evidence
        inner join tenants using (tenant_id)
        where evidence.is_counted or evidence.left_out_because = 'not_measurable'
    ) as cases
    inner join lateral (
        select * from (
            values
            ('tenant', 'all'), ('repository', cases.repository), ('project', cases.project), ('portfolio', cases.portfolio),
            ('objective', cases.objective)
        ) as own (scope_kind, scope)
        where own.scope is not null
        union all
        select 'team' as scope_kind, unnest(cases.teams) as scope
    ) as scopes on true
    inner join lateral (
        values (cases.day, case cases.figure when 'balance' then 1 else cases.seconds end), (cases.ended_on, -1)
    ) as moments (day, value) on moments.day is not null
)

select * from delivery
union all
select * from of_cases

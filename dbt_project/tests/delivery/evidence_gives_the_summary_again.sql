-- The cases of a window, counted anew, are the value and the n of the summary.
with

cases as (
    select
        evidence.*,
        scopes.scope_kind,
        scopes.scope
    from {{ ref('metric_evidence') }} as evidence
    inner join lateral (
        select * from (
            values ('tenant', 'all'), ('service', evidence.service), ('repository', evidence.repository)
        ) as own (scope_kind, scope)
        union all
        select 'team' as scope_kind, unnest(evidence.teams) as scope
    ) as scopes on true
    where evidence.is_counted
),

again as (
    select
        summary.tenant_id,
        summary.scope_kind,
        summary.scope,
        summary.window_days,
        summary.metric,
        summary.value,
        summary.n,
        summary.coverage,
        count(cases.case_id) as n_again,
        case
            when summary.metric = 'deployment_frequency'
                then count(cases.case_id) / nullif(summary.coverage * summary.window_days, 0)
            when summary.unit = 'ratio'
                then count(*) filter (where cases.is_in_numerator)::double precision / nullif(count(cases.case_id), 0)
            else percentile_cont(0.5) within group (order by cases.seconds)
        end as value_again
    from {{ ref('dora_summary') }} as summary
    left join cases
        on
            summary.tenant_id = cases.tenant_id
            and summary.scope_kind = cases.scope_kind
            and summary.scope = cases.scope
            and summary.metric = cases.metric
            and cases.day between summary.as_of - summary.window_days + 1 and summary.as_of
    where summary.metric in (select metric from {{ ref('metric_evidence') }})
    group by 1, 2, 3, 4, 5, 6, 7, 8, summary.unit
)

select * from again
where
    n is distinct from n_again
    or (value is null) is distinct from (value_again is null)
    or abs(value - value_again) > 1e-6 * greatest(1, value)

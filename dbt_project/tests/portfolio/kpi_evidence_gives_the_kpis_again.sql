-- The cases of a window, counted anew, are the value and the n of the KPI, in every scope.
with

cases as (
    select
        evidence.*,
        scopes.scope_kind,
        scopes.scope
    from {{ ref('kpi_evidence') }} as evidence
    inner join lateral (
        select * from (
            values
            ('tenant', 'all'), ('repository', evidence.repository), ('project', evidence.project),
            ('portfolio', evidence.portfolio), ('objective', evidence.objective)
        ) as own (scope_kind, scope)
        union all
        select 'team' as scope_kind, unnest(evidence.teams) as scope
    ) as scopes on true
    where evidence.is_counted
),

again as (
    select
        kpis.tenant_id,
        kpis.scope_kind,
        kpis.scope,
        kpis.window_days,
        kpis.definition_id,
        kpis.value,
        kpis.n,
        count(cases.case_id) as n_again,
        case kpis.unit
            when 'count' then count(cases.case_id) else percentile_cont(0.5) within group (order by cases.seconds)
        end as value_again
    from {{ ref('executive_kpis') }} as kpis
    left join cases
        on
            kpis.tenant_id = cases.tenant_id
            and kpis.scope_kind = cases.scope_kind
            and kpis.scope = cases.scope
            and kpis.definition_id = cases.metric
            and cases.day <= kpis.as_of
            and case cases.metric
                when 'open_issues' then coalesce(cases.ended_on > kpis.as_of, true)
                else cases.day > kpis.as_of - kpis.window_days
            end
    where kpis.definition_id in (select metric from {{ ref('kpi_evidence') }})
    group by 1, 2, 3, 4, 5, 6, 7, kpis.unit
)

select * from again
where
    n is distinct from n_again
    or (value is null) is distinct from (value_again is null)
    or abs(value - value_again) > 1e-6 * greatest(1, value)

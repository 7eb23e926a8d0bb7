-- Severities are the flow with projects and teams taken together, day by day.
with

flow as (
    select
        tenant_id,
        source,
        severity,
        day,
        sum(created_count) as issue_count,
        sum(open_count) as open_count
    from {{ ref('issue_flow_daily') }}
    group by tenant_id, source, severity, day
)

select tenant_id, source, severity, day
from {{ ref('severity_daily') }} as daily
full join flow using (tenant_id, source, severity, day)
where (daily.issue_count, daily.open_count) is distinct from (flow.issue_count, flow.open_count)

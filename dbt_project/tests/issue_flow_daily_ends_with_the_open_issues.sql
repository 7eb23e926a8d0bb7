-- On its newest day, the backlog of a group is the number of its issues that are open.
with

flow as (
    select distinct on (tenant_id, source, project, team, severity)
        tenant_id,
        source,
        project,
        team,
        severity,
        open_count
    from {{ ref('issue_flow_daily') }}
    order by tenant_id, source, project, team, severity, day desc
),

issues as (
    select
        tenant_id,
        source,
        project,
        coalesce(team, 'none') as team,
        severity,
        count(*) filter (where status = 'open') as open_count
    from {{ ref('issues') }}
    group by tenant_id, source, project, coalesce(team, 'none'), severity
)

select tenant_id, source, project, team, severity
from flow
full join issues using (tenant_id, source, project, team, severity)
where flow.open_count is distinct from issues.open_count

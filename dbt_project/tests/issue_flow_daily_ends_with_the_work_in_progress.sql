-- On its newest day, a group's work in progress is the number of its open issues that are in work.
with

flow as (
    select distinct on (tenant_id, source, project, team, severity)
        tenant_id,
        source,
        project,
        team,
        severity,
        wip_count
    from {{ ref('issue_flow_daily') }}
    order by tenant_id, source, project, team, severity, day desc
),

ageing as (
    select
        tenant_id,
        source,
        project,
        team,
        severity,
        count(*) as wip_count
    from {{ ref('wip_ageing') }}
    where is_in_progress
    group by tenant_id, source, project, team, severity
)

select tenant_id, source, project, team, severity
from flow
full join ageing using (tenant_id, source, project, team, severity)
where coalesce(flow.wip_count, 0) <> coalesce(ageing.wip_count, 0)

-- One row per scope, window and metric as Four Keys counts them, where there was anything to count.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'], 'unique': True}],
) }}
with

deployments as (
    select * from {{ ref('deployments') }}
    where environment_class = 'production' and status = 'success' and {{ of_touched_tenants() }}
),

-- Those that a window shows: most commits came with older ones.
recent as (
    select deployments.*, windows.window_days
    from deployments
    inner join (
        select distinct tenant_id, window_days, first_day, last_day, time_zone from {{ ref('int_definitions__windows') }}
    ) as windows using (tenant_id)
    where {{ local_day('deployments.finished_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
),

-- By itself, as the planner expects few: it would find what they brought in all that any deployment did.
brought as materialized (
    select
        recent.tenant_id,
        recent.window_days,
        recent.service,
        recent.repository,
        recent.deployment_id,
        recent.finished_at,
        delivered.repository as commit_repository,
        delivered.sha
    from recent
    inner join {{ source('ml', 'commit_deployments') }} as delivered using (tenant_id, deployment_id)
    where delivered.method <> 'baseline'
),

-- Every commit that a deployment brought, merges too; one that two connections show is one.
commits as (
    select
        brought.tenant_id,
        brought.window_days,
        brought.service,
        brought.repository,
        brought.deployment_id,
        brought.finished_at,
        brought.sha,
        extract(epoch from brought.finished_at - commits.committed_at) as seconds
    from brought
    cross join lateral {{ first_committed_at('brought') }} as commits
    where brought.finished_at > commits.committed_at
),

lead_times as (
    select
        commits.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        commits.window_days,
        percentile_cont(0.5) within group (order by commits.seconds::double precision) as value,
        count(*) as n
    from commits
    {{ in_scopes('commits.tenant_id', 'commits.service', 'commits.repository') }}
    group by 1, 2, 3, 4
),

-- Deployments whose own commit, or one that they brought, stands in the incident's text.
named as (
    select
        links.tenant_id,
        links.incident_id,
        deployments.deployment_id,
        deployments.finished_at
    from {{ ref('int_incidents__links') }} as links
    inner join deployments on links.tenant_id = deployments.tenant_id and links.reference = deployments.sha
    where links.kind = 'commit'
    union
    select
        links.tenant_id,
        links.incident_id,
        deployments.deployment_id,
        deployments.finished_at
    from {{ ref('int_incidents__links') }} as links
    inner join {{ source('ml', 'commit_deployments') }} as delivered
        on
            links.tenant_id = delivered.tenant_id
            and links.reference = delivered.sha
            and delivered.method <> 'baseline'
            and {{ of_touched_tenants('delivered.tenant_id') }}
    inner join deployments
        on delivered.tenant_id = deployments.tenant_id and delivered.deployment_id = deployments.deployment_id
    where links.kind = 'commit'
),

incidents as (
    select
        incidents.tenant_id,
        incidents.scope_kind,
        incidents.scope,
        incidents.resolved_at,
        least(incidents.created_at, min(named.finished_at)) as began_at
    from {{ ref('int_definitions__incidents') }} as incidents
    left join named using (tenant_id, incident_id)
    where {{ of_touched_tenants('incidents.tenant_id') }}
    group by
        incidents.tenant_id, incidents.scope_kind, incidents.scope, incidents.incident_id, incidents.resolved_at,
        incidents.created_at
)

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    'lead_time' as metric,
    lead_times.value,
    lead_times.n,
    null::text as reads_as
from lead_times
inner join {{ ref('int_definitions__windows') }} using (tenant_id, scope_kind, scope, window_days)

union all

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    'deployment_frequency' as metric,
    percentile_cont(0.5) within group (order by deployment_days) as value,
    count(*) as n,
    case when percentile_cont(0.5) within group (order by deployment_days) >= 3 then 'daily' end as reads_as
from {{ ref('int_definitions__weeks') }}
where week >= date_trunc('week', first_deployment_day) and {{ of_touched_tenants() }}
group by 1, 2, 3, 4

union all

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    'change_failure_rate' as metric,
    count(*) filter (where (tenant_id, deployment_id) in (select named.tenant_id, named.deployment_id from named))
    ::double precision / count(*) as value,
    count(*) as n,
    null::text as reads_as
from {{ ref('int_definitions__deployments') }}
where {{ of_touched_tenants() }}
group by 1, 2, 3, 4

union all

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    'recovery_time' as metric,
    percentile_cont(0.5) within group (
        order by extract(epoch from incidents.resolved_at - incidents.began_at)::double precision
    ) as value,
    count(*) as n,
    null::text as reads_as
from incidents
inner join {{ ref('int_definitions__windows') }} as windows using (tenant_id, scope_kind, scope)
where
    incidents.resolved_at >= incidents.began_at
    and {{ local_day('incidents.began_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
group by 1, 2, 3, 4

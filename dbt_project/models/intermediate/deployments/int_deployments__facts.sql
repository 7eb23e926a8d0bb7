-- One row per fact and scope that it counts in: deployments, delivered changes, resolved incidents, by local day.
with

facts as (
    select
        deployments.tenant_id,
        deployments.service,
        deployments.repository,
        deployments.environment_class,
        coalesce(deployments.finished_at, deployments.started_at) as happened_at,
        tenants.time_zone,
        'deployment' as fact,
        deployments.status = 'success' as is_success,
        deployments.is_failed,
        deployments.is_rollback,
        deployments.is_change_failure,
        deployments.is_rework,
        deployments.recovery_seconds as seconds,
        null::double precision as seconds_from_merge
    from {{ ref('deployments') }} as deployments
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)

    union all

    select
        changes.tenant_id,
        changes.service,
        changes.repository,
        changes.environment_class,
        changes.deployed_at as happened_at,
        tenants.time_zone,
        'change' as fact,
        null as is_success,
        null as is_failed,
        null as is_rollback,
        null as is_change_failure,
        null as is_rework,
        changes.lead_time_seconds as seconds,
        extract(epoch from changes.deployed_at - changes.merged_at)::double precision as seconds_from_merge
    from {{ ref('int_changes__unioned') }} as changes
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    where not changes.is_baseline

    union all

    select
        incidents.tenant_id,
        incidents.service,
        incidents.repository,
        'production' as environment_class,
        incidents.resolved_at as happened_at,
        tenants.time_zone,
        'incident' as fact,
        null as is_success,
        null as is_failed,
        null as is_rollback,
        null as is_change_failure,
        null as is_rework,
        incidents.open_seconds::double precision as seconds,
        null::double precision as seconds_from_merge
    from {{ ref('int_incidents__mapped') }} as incidents
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    where incidents.resolved_at is not null
)

select
    scopes.scope_kind,
    scopes.scope,
    {{ local_day('facts.happened_at', 'facts.time_zone') }} as day,
    facts.*
from facts
{{ in_scopes('facts.tenant_id', 'facts.service', 'facts.repository') }}
where scopes.scope is not null and (facts.environment_class = 'production' or scopes.scope_kind = 'service')

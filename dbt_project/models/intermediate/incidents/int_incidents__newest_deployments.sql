-- One row per incident of a service that was deployed before it began: the newest production deployment by then.
-- Of tenants with news alone.
with

deployments as (
    select * from {{ ref('int_deployments__ordered') }}
    where
        environment_class = 'production' and status = 'success' and finished_at is not null
        and environment is not null
        and {{ of_touched_tenants(is_needed=true) }}
),

-- Where a deployment may be the newest: in its environment, and in the service as a whole, which counts for incidents that
-- name no environment. There, what ran in another production environment before is not what is new.
placed as (
    select
        tenant_id,
        service,
        environment,
        finished_at,
        deployment_id
    from deployments
    union all
    select
        deployments.tenant_id,
        deployments.service,
        null as environment,
        deployments.finished_at,
        deployments.deployment_id
    from deployments
    where
        not exists (
            select from deployments as earlier
            where
                earlier.tenant_id = deployments.tenant_id
                and earlier.service = deployments.service
                and earlier.environment <> deployments.environment
                and earlier.sha = deployments.sha
                and earlier.finished_at < deployments.finished_at
        )
),

-- Deployments and incidents in one order: looked for by itself, each incident would be compared with all deployments.
happened as (
    select
        tenant_id,
        service,
        environment,
        finished_at as at,
        finished_at,
        null as incident_id,
        null as cause
    from placed
    union all
    select
        tenant_id,
        service,
        environment,
        started_at as at,
        null as finished_at,
        incident_id,
        cause
    from {{ ref('int_incidents__mapped') }}
    where {{ of_touched_tenants(is_needed=true) }}
),

ordered as (
    select
        *,
        max(finished_at) over (
            partition by tenant_id, service, environment order by at range between unbounded preceding and current row
        ) as newest_finished_at
    from happened
)

select distinct on (ordered.tenant_id, ordered.incident_id)
    ordered.tenant_id,
    ordered.incident_id,
    ordered.at as started_at,
    ordered.cause,
    placed.deployment_id,
    placed.finished_at
from ordered
inner join placed
    on
        ordered.tenant_id = placed.tenant_id
        and ordered.service = placed.service
        and ordered.environment is not distinct from placed.environment
        and ordered.newest_finished_at = placed.finished_at
where ordered.incident_id is not null
order by ordered.tenant_id, ordered.incident_id, placed.deployment_id

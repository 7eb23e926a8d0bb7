-- One row per GitHub deployment with what its statuses say. `inactive` means that it had succeeded and was superseded.
-- Of tenants with news alone, as all who read it do.
with

deployments as (
    select * from {{ ref('stg_github__deployments') }}
    where {{ of_touched_tenants(is_needed=true) }}
),

results as (
    select
        tenant_id,
        connection_id,
        deployment_external_id,
        min(created_at) filter (where state = 'success') as succeeded_at,
        min(created_at) filter (where state in ('in_progress', 'queued', 'pending')) as started_at,
        max(created_at) filter (where state in ('failure', 'error')) as failed_at,
        bool_or(state in ('success', 'inactive')) as has_succeeded,
        bool_or(state in ('failure', 'error')) as has_failed
    from {{ ref('stg_github__deployment_statuses') }}
    where {{ of_touched_tenants(is_needed=true) }}
    group by tenant_id, connection_id, deployment_external_id
)

select
    deployments.tenant_id,
    deployments.connection_id,
    'deployments' as origin,
    deployments.external_id,
    deployments.repository,
    deployments.environment as subject,
    deployments.environment,
    deployments.service,
    deployments.sha,
    deployments.ref,
    case
        when results.has_succeeded then 'success'
        when results.has_failed then 'failure'
        else 'unfinished'
    end as status,
    coalesce(results.started_at, deployments.created_at) as started_at,
    case
        when results.has_succeeded then results.succeeded_at
        when results.has_failed then results.failed_at
    end as finished_at,
    deployments.is_bot,
    deployments.is_production_environment,
    deployments.url
from deployments
left join results
    on
        deployments.tenant_id = results.tenant_id
        and deployments.connection_id = results.connection_id
        and deployments.external_id = results.deployment_external_id

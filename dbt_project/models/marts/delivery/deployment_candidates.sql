-- One row per origin, repository, subject and environment of what a rule may call a deployment.
{{ config(unique_key=['tenant_id', 'origin', 'repository', 'subject', 'environment']) }}
with

candidates as (
    select
        *,
        {{ surrogate_id([
            'tenant_id', "'github'", 'connection_id', 'origin', 'repository', 'external_id'
        ]) }} as deployment_id
    from {{ ref('int_deployments__candidates') }}
    where {{ of_touched_tenants() }} and subject is not null and environment is not null
),

deployments as (
    select * from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
),

excluded as (
    select tenant_id, deployment_id from {{ ref('int_deployments__classified') }}
    where excluded_by is not null and {{ of_touched_tenants() }}
)

select
    candidates.tenant_id,
    candidates.origin,
    candidates.repository,
    candidates.subject,
    candidates.environment,
    count(*) as candidate_count,
    count(*) filter (where candidates.status = 'success') as success_count,
    count(deployments.deployment_id) as deployment_count,
    count(excluded.deployment_id) as excluded_count,
    max(deployments.environment_class) as environment_class,
    max(candidates.started_at) as last_started_at
from candidates
left join deployments using (tenant_id, deployment_id)
left join excluded using (tenant_id, deployment_id)
group by candidates.tenant_id, candidates.origin, candidates.repository, candidates.subject, candidates.environment

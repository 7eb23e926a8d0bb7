-- One row per deployment in the order of its service and environment: what came before, redeploys and rollbacks.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[{'columns': ['tenant_id', 'deployment_id'], 'unique': True}, {'columns': ['tenant_id', 'service', 'environment', 'finished_at']}, {'columns': ['tenant_id', 'sha']}],
) }}
with

deployments as (
    select * from {{ ref('int_deployments__classified') }}
    where {{ of_touched_tenants() }}
),

successes as (
    select
        tenant_id,
        deployment_id,
        lag(deployment_id) over line as previous_deployment_id,
        lag(finished_at) over line as previous_finished_at,
        lag(sha) over line as previous_sha,
        lead(deployment_id) over line as next_deployment_id,
        row_number() over line as position,
        row_number() over (partition by tenant_id, service, environment, sha order by finished_at, deployment_id) > 1
            as is_sha_known
    from deployments
    where status = 'success' and finished_at is not null
    window line as (partition by tenant_id, service, environment order by finished_at, deployment_id)
)

select
    deployments.tenant_id,
    deployments.deployment_id,
    deployments.origin,
    deployments.external_id,
    deployments.repository,
    deployments.service,
    deployments.environment,
    deployments.environment_class,
    deployments.sha,
    deployments.ref,
    deployments.status,
    deployments.started_at,
    deployments.finished_at,
    deployments.is_bot,
    deployments.url,
    successes.previous_deployment_id,
    successes.previous_finished_at,
    successes.next_deployment_id,
    successes.position,
    deployments.status = 'failure' as is_failed,
    coalesce(deployments.sha = successes.previous_sha, false) as is_redeploy,
    coalesce(successes.is_sha_known and deployments.sha <> successes.previous_sha, false) as is_rollback
from deployments
left join successes using (tenant_id, deployment_id)

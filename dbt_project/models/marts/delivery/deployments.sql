-- One row per deployment.
{{ config(
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[{'columns': ['tenant_id', 'coalesce(finished_at, started_at)']}],
) }}
with

deployments as (
    select * from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
),

evidence as (
    select distinct on (tenant_id, deployment_id)
        tenant_id,
        deployment_id,
        kind,
        confidence
    from {{ ref('int_deployments__failure_evidence') }}
    where overruled_by is null
    order by tenant_id, deployment_id, confidence desc, kind
),

changes as (
    select
        tenant_id,
        deployment_id,
        count(*) as change_count
    from {{ ref('int_changes__unioned') }}
    where not is_baseline
    group by tenant_id, deployment_id
),

repairing as (
    select distinct
        tenant_id,
        deployment_id
    from {{ ref('int_deployments__repairs') }}
)

select
    deployments.tenant_id,
    deployments.deployment_id,
    deployments.external_id,
    deployments.origin,
    deployments.service,
    deployments.repository,
    deployments.environment,
    deployments.environment_class,
    deployments.status,
    deployments.sha,
    deployments.ref,
    deployments.started_at,
    deployments.finished_at,
    deployments.is_failed,
    evidence.deployment_id is not null as is_change_failure,
    evidence.kind as change_failure_kind,
    evidence.confidence as change_failure_confidence,
    deployments.is_rollback,
    deployments.is_redeploy,
    (deployments.is_rollback or repairing.deployment_id is not null) as is_rework,
    coalesce(changes.change_count, 0) as change_count,
    recoveries.recovery_seconds,
    recoveries.remediating_deployment_id,
    deployments.url
from deployments
left join evidence using (tenant_id, deployment_id)
left join changes using (tenant_id, deployment_id)
left join repairing using (tenant_id, deployment_id)
left join {{ ref('int_deployments__recoveries') }} as recoveries using (tenant_id, deployment_id)

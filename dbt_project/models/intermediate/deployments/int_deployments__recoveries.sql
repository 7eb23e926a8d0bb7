-- One row per change failure: what mended it, and how long that took.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[{'columns': ['tenant_id', 'deployment_id'], 'unique': True}, {'columns': ['tenant_id', 'remediating_deployment_id']}],
) }}
with

-- Read where it is named: the first later one of a line is found by the table's index.
deployments as not materialized (
    select * from {{ ref('int_deployments__ordered') }}
    where
        environment_class = 'production' and status = 'success' and finished_at is not null
        and {{ of_touched_tenants() }}
),

failures as (
    select * from deployments
    where (tenant_id, deployment_id) in (
        select evidence.tenant_id, evidence.deployment_id from {{ ref('int_deployments__failure_evidence') }} as evidence
        where evidence.overruled_by is null
    )
),

incidents as (
    select
        evidence.tenant_id,
        evidence.deployment_id,
        -- Mended when the last of its incidents is; an open one leaves it open.
        case when bool_and(mapped.resolved_at is not null) then max(mapped.resolved_at) end as resolved_at,
        array_agg(mapped.incident_id::text) as incident_ids
    from {{ ref('int_deployments__failure_evidence') }} as evidence
    inner join {{ ref('int_incidents__mapped') }} as mapped
        on evidence.tenant_id = mapped.tenant_id and evidence.source_ref = mapped.incident_id::text
    where evidence.overruled_by is null
    group by evidence.tenant_id, evidence.deployment_id
),

repairs as (
    select * from {{ ref('int_deployments__repairs') }}
    where {{ of_touched_tenants() }}
),

reverted as (
    select * from {{ ref('int_deployments__reverted') }}
    where {{ of_touched_tenants() }}
),

remedies as (
    select
        failures.tenant_id,
        failures.deployment_id,
        failures.finished_at as failed_at,
        incidents.resolved_at,
        -- What was resolved before it went out says nothing of when it was mended: the clocks disagree, or whoever named it.
        case when incidents.resolved_at > failures.finished_at then incidents.resolved_at end as mended_at,
        remedy.deployment_id as remediating_deployment_id,
        remedy.finished_at as remediated_at
    from failures
    left join incidents using (tenant_id, deployment_id)
    left join lateral (
        select
            later.deployment_id,
            later.finished_at
        from deployments as later
        where
            later.tenant_id = failures.tenant_id
            and later.service = failures.service
            and later.environment = failures.environment
            and later.finished_at > failures.finished_at
            and (
                later.is_rollback
                or (incidents.resolved_at > failures.finished_at and later.finished_at >= incidents.resolved_at)
                or exists (
                    select 1 from reverted
                    where
                        reverted.tenant_id = failures.tenant_id
                        and reverted.deployment_id = failures.deployment_id
                        and reverted.reverting_deployment_id = later.deployment_id
                )
                -- A hotfix mends whatever is broken, a linked fix only what its incident says.
                or exists (
                    select 1 from repairs
                    where
                        repairs.tenant_id = later.tenant_id
                        and repairs.deployment_id = later.deployment_id
                        and (
                            repairs.kind = 'hotfix'
                            or (repairs.kind = 'incident_fix' and repairs.source_ref = any(incidents.incident_ids))
                        )
                )
            )
        order by later.finished_at, later.deployment_id
        limit 1
    ) as remedy on true
)

select
    tenant_id,
    deployment_id,
    failed_at,
    resolved_at,
    remediating_deployment_id,
    remediated_at,
    extract(epoch from least(remediated_at, mended_at) - failed_at)::double precision as recovery_seconds
from remedies

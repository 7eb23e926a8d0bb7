-- One row per piece of failure evidence, with a name that people know for what it refers to.
select
    evidence.tenant_id,
    evidence.deployment_id,
    evidence.kind,
    evidence.source_ref,
    evidence.confidence,
    coalesce(
        incidents.key,
        pulls.repository || '#' || pulls.number,
        case when deployments.deployment_id is not null then concat_ws(' ', deployments.ref, left(deployments.sha, 7)) end,
        case when evidence.kind = 'revert' then left(evidence.source_ref, 7) end
    ) as reference,
    manual.reason,
    evidence.overruled_by,
    overruling.reason as overruled_because
from {{ ref('int_deployments__failure_evidence') }} as evidence
left join {{ ref('int_incidents__mapped') }} as incidents
    on
        evidence.tenant_id = incidents.tenant_id
        and evidence.source_ref = incidents.incident_id::text
        and evidence.kind in ('incident_link', 'incident_nearby', 'manual_override')
left join {{ ref('int_pull_requests__merged') }} as pulls
    on
        evidence.tenant_id = pulls.tenant_id
        and {{ uuid_or_null('evidence.source_ref', "evidence.kind in ('revert', 'hotfix')") }} = pulls.pull_request_id
left join {{ ref('int_deployments__ordered') }} as deployments
    on
        evidence.tenant_id = deployments.tenant_id
        and evidence.source_ref = deployments.deployment_id::text
        and evidence.kind = 'rollback'
left join {{ ref('int_overrides__in_force') }} as manual
    on
        evidence.tenant_id = manual.tenant_id
        and evidence.deployment_id = manual.deployment_id
        and evidence.source_ref = coalesce(manual.incident_id, manual.override_id)::text
        and evidence.kind = 'manual_override'
        and manual.value
left join {{ ref('int_overrides__in_force') }} as overruling
    on evidence.tenant_id = overruling.tenant_id and evidence.overruled_by = overruling.override_id

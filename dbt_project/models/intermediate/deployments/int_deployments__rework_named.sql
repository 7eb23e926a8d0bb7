-- One row per deployment and reason why it is rework: it goes back, or carries a revert, a hotfix or the fix of an incident or
-- of a bug in production.
select
    tenant_id,
    deployment_id,
    'rollback' as kind,
    sha as source_ref,
    concat_ws(' ', ref, left(sha, 7)) as reference
from {{ ref('int_deployments__ordered') }}
where is_rollback

union all

select
    repairs.tenant_id,
    repairs.deployment_id,
    repairs.kind,
    repairs.source_ref,
    coalesce(incidents.key, bugs.key, pulls.repository || '#' || pulls.number, left(repairs.source_ref, 7)) as reference
from {{ ref('int_deployments__repairs') }} as repairs
left join {{ ref('int_incidents__mapped') }} as incidents
    on
        repairs.tenant_id = incidents.tenant_id
        and repairs.source_ref = incidents.incident_id::text
        and repairs.kind = 'incident_fix'
left join {{ ref('int_issues__unioned') }} as bugs
    on
        repairs.tenant_id = bugs.tenant_id
        and {{ uuid_or_null('repairs.source_ref', "repairs.kind = 'bug_fix'") }} = bugs.issue_id
left join {{ ref('int_pull_requests__merged') }} as pulls
    on
        repairs.tenant_id = pulls.tenant_id
        and {{ uuid_or_null('repairs.source_ref', "repairs.kind in ('revert', 'hotfix')") }} = pulls.pull_request_id

-- One row per override that counts now: not undone, and from its day on.
select
    overrides.tenant_id,
    overrides.override_id,
    overrides.kind,
    case when overrides.kind = 'incident_cause' then overrides.subject end::uuid as incident_id,
    case
        when overrides.kind = 'incident_cause' then overrides.object
        when overrides.kind in ('change_failure', 'not_a_deployment') then overrides.subject
    end::uuid as deployment_id,
    case when overrides.kind = 'same_person' then overrides.subject end as alias,
    case when overrides.kind = 'same_person' then overrides.object end as person,
    overrides.value,
    overrides.reason,
    overrides.created_at
from {{ source('app', 'override') }} as overrides
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
where
    overrides.undone_at is null
    and (overrides.valid_from is null or overrides.valid_from <= tenants.today)

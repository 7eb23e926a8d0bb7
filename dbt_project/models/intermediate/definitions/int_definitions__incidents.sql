-- One row per incident and scope: the tenant's, its service's, and those of the one repository which the service comes from.
select
    incidents.tenant_id,
    incidents.incident_id,
    scopes.scope_kind,
    scopes.scope,
    incidents.created_at,
    incidents.resolved_at
from {{ ref('int_incidents__mapped') }} as incidents
{{ in_scopes('incidents.tenant_id', 'incidents.service', 'incidents.repository') }}
where scopes.scope is not null

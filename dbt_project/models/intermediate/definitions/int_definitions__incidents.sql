-- One row per incident and scope: the tenant's, its service's, and that of the one repository which the service comes from.
with

repositories as (
    select
        tenant_id,
        service,
        min(repository) as repository
    from {{ ref('deployments') }}
    where environment_class = 'production'
    group by tenant_id, service
    having count(distinct repository) = 1
)

select
    incidents.tenant_id,
    incidents.incident_id,
    scopes.scope_kind,
    scopes.scope,
    incidents.started_at,
    incidents.resolved_at
from {{ ref('int_incidents__mapped') }} as incidents
left join repositories using (tenant_id, service)
{{ in_scopes('incidents.service', 'repositories.repository') }}
where scopes.scope is not null

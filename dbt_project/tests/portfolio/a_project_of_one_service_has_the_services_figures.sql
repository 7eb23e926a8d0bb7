-- Both are worked out by themselves: the service's by the summary, the project's from the cases.
with

alone as (
    select
        tenant_id,
        project,
        min(name) as service
    from {{ ref('int_portfolio__parts') }}
    where part = 'service' and project is not null
    group by tenant_id, project
    having count(*) = 1
)

select
    project.tenant_id,
    project.scope,
    project.window_days,
    project.definition_id,
    project.value,
    service.value as value_of_service
from alone
inner join {{ ref('executive_kpis') }} as project
    on alone.tenant_id = project.tenant_id and project.scope_kind = 'project' and alone.project = project.scope
inner join {{ ref('executive_kpis') }} as service
    on
        alone.tenant_id = service.tenant_id
        and service.scope_kind = 'service'
        and alone.service = service.scope
        and project.definition_id = service.definition_id
        and project.window_days = service.window_days
where
    project.definition_id in ('deployment_frequency', 'lead_time', 'change_failure_rate', 'recovery_time')
    and (
        project.n <> service.n
        or (project.value is null) is distinct from (service.value is null)
        or abs(project.value - service.value) > 1e-6 * greatest(1, service.value)
    )

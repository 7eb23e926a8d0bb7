-- One row per incident with the service it struck: by component, by label, else by its GitHub repository; and the one repository
-- that the service comes from.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    changes_of=['resolved_at'],
    unique_key=['tenant_id', 'incident_id'],
    indexes=[
        {'columns': ['tenant_id', 'incident_id'], 'unique': True},
        {'columns': ['tenant_id', 'service', 'started_at']},
        {'columns': ['tenant_id', 'resolved_at']},
    ],
) }}
with

incidents as (
    select * from {{ ref('int_issues__unioned') }}
    where is_incident and {{ of_touched_tenants() }}
),

services as (
    select distinct
        tenant_id,
        service,
        repository,
        {{ plain_name('service') }} as plain_name
    from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
),

services_by_name as (
    select
        tenant_id,
        plain_name,
        min(service) as service
    from services
    group by tenant_id, plain_name
),

-- A repository of several services does not tell which of them was struck.
services_by_repository as (
    select
        tenant_id,
        repository,
        min(service) as service
    from services
    group by tenant_id, repository
    having count(distinct service) = 1
),

environments as (
    select distinct
        tenant_id,
        environment
    from {{ ref('int_deployments__ordered') }}
    where environment_class = 'production' and {{ of_touched_tenants() }}
),

labelled as (
    select
        incidents.tenant_id,
        incidents.issue_id,
        min(services_by_name.service) as service,
        min(lower(label)) filter (where environments.environment is not null) as environment,
        min(regexp_replace(lower(label), '^cause[-:/ ]+', '')) filter (where label ~* '^cause[-:/ ]') as cause
    from incidents
    cross join lateral unnest(incidents.labels) as label
    left join services_by_name
        on
            incidents.tenant_id = services_by_name.tenant_id
            and {{ plain_name("regexp_replace(label, '^(service|component|area)\s*[:/]\s*', '')") }} = services_by_name.plain_name
    left join environments
        on incidents.tenant_id = environments.tenant_id and lower(label) = environments.environment
    group by incidents.tenant_id, incidents.issue_id
)

select
    incidents.tenant_id,
    incidents.issue_id as incident_id,
    incidents.source,
    incidents.key,
    incidents.severity,
    struck.service,
    origins.repository,
    labelled.environment,
    labelled.cause,
    incidents.created_at,
    incidents.incident_started_at as started_at,
    case when incidents.status = 'resolved' then incidents.resolved_at end as resolved_at,
    -- Safe for reopened ones: the sum of the times that it was open, the first from when it began, told of or not.
    case when incidents.status = 'resolved' then (
        select
            sum(extract(
                epoch from closed.at
                - greatest(case when opened.n > 1 then opened.at end, incidents.incident_started_at)
            ))
        from unnest(incidents.opened_ats) with ordinality as opened (at, n)
        inner join unnest(incidents.resolved_ats) with ordinality as closed (at, n) using (n)
        where closed.at > incidents.incident_started_at
    ) end as open_seconds
from incidents
left join labelled using (tenant_id, issue_id)
left join services_by_name as by_component
    on
        incidents.tenant_id = by_component.tenant_id
        and {{ plain_name('incidents.component') }} = by_component.plain_name
left join services_by_repository as by_repository
    on incidents.tenant_id = by_repository.tenant_id and incidents.project = by_repository.repository
cross join lateral (select coalesce(by_component.service, labelled.service, by_repository.service) as service) as struck
left join {{ ref('int_deployments__service_repositories') }} as origins
    on incidents.tenant_id = origins.tenant_id and struck.service = origins.service

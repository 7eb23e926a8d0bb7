-- One row per incident with the service it struck: by component, by label, else by its GitHub repository.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'incident_id'],
    indexes=[{'columns': ['tenant_id', 'incident_id'], 'unique': True}, {'columns': ['tenant_id', 'service', 'started_at']}],
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
        lower(regexp_replace(service, '[^a-zA-Z0-9]+', '', 'g')) as plain_name
    from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
),

environments as (
    select distinct
        tenant_id,
        environment
    from {{ ref('int_deployments__ordered') }}
    where environment_class = 'production' and {{ of_touched_tenants() }}
),

named as (
    select
        incidents.*,
        lower(regexp_replace(coalesce(incidents.component, ''), '[^a-zA-Z0-9]+', '', 'g')) as plain_component,
        (
            select min(regexp_replace(label, '^cause[-:/ ]+', ''))
            from unnest(incidents.labels) as label
            where label ~ '^cause[-:/ ]'
        ) as cause
    from incidents
)

select
    named.tenant_id,
    named.issue_id as incident_id,
    named.source,
    named.key,
    named.severity,
    coalesce(by_component.service, by_label.service, by_repository.service) as service,
    (
        select min(label)
        from unnest(named.labels) as label
        inner join environments on environments.tenant_id = named.tenant_id and environments.environment = lower(label)
    ) as environment,
    named.cause,
    named.incident_started_at as started_at,
    case when named.status = 'resolved' then named.resolved_at end as resolved_at,
    -- Safe for reopened ones: the sum of the times that it was open.
    case when named.status = 'resolved' then (
        select sum(extract(epoch from closed.at - greatest(opened.at, named.incident_started_at)))
        from unnest(named.opened_ats) with ordinality as opened (at, n)
        inner join unnest(named.resolved_ats) with ordinality as closed (at, n) using (n)
        where closed.at > named.incident_started_at
    ) end as open_seconds
from named
left join lateral (
    select min(services.service) as service from services
    where services.tenant_id = named.tenant_id and services.plain_name = named.plain_component
) as by_component on true
left join lateral (
    select min(services.service) as service
    from services
    inner join unnest(named.labels) as label
        on
            lower(regexp_replace(regexp_replace(label, '^(service|component|area)\s*[:/]\s*', ''), '[^a-zA-Z0-9]+', '', 'g'))
            = services.plain_name
    where services.tenant_id = named.tenant_id
) as by_label on true
left join lateral (
    select min(services.service) as service from services
    where services.tenant_id = named.tenant_id and services.repository = named.project
    having count(distinct services.service) = 1
) as by_repository on true

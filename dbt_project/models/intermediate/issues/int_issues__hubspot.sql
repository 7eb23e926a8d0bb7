-- One row per HubSpot ticket with news in the common shape, before severity. Done is a closed stage of its pipeline.
with

tickets as (
    select * from {{ ref('stg_hubspot__tickets') }}
    where {{ of_raw_issues_with_news() }}
),

stages as (
    select * from {{ ref('int_issues__hubspot_stages') }}
),

companies as (
    select * from {{ ref('stg_hubspot__companies') }}
),

contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

pipelines as (
    select * from {{ ref('stg_hubspot__pipelines') }}
)

select
    tickets.tenant_id,
    tickets.ticket_id as issue_id,
    'hubspot' as source,
    tickets.connection_id,
    tickets.external_id,
    tickets.external_id as key,
    coalesce(pipelines.label, tickets.pipeline_id, 'tickets') as project,
    tickets.title,
    tickets.body_text,
    'ticket' as type,
    coalesce(stages.label, tickets.stage_id) as status_name,
    coalesce(stages.is_closed, tickets.closed_at is not null) as is_done,
    null::text as resolution,
    tickets.priority,
    array[]::text[] as labels,
    tickets.category as component,
    companies.name as customer,
    nullif(contacts.name, '') as reporter,
    null::text as team,
    tickets.created_at,
    tickets.updated_at,
    case
        when coalesce(stages.is_closed, true) then coalesce(tickets.closed_at, tickets.updated_at)
        else tickets.updated_at
    end as state_changed_at,
    null::timestamptz as incident_started_at,
    tickets.url,
    tickets._dlt_load_id
from tickets
left join pipelines using (tenant_id, connection_id, pipeline_id)
left join stages using (tenant_id, connection_id, pipeline_id, stage_id)
-- HubSpot may answer an association twice, and merged ids as "a;b": the first one counts.
left join companies
    on
        tickets.tenant_id = companies.tenant_id
        and tickets.connection_id = companies.connection_id
        and split_part(tickets.company_ids[1], ';', 1) = companies.company_id
left join contacts
    on
        tickets.tenant_id = contacts.tenant_id
        and tickets.connection_id = contacts.connection_id
        and split_part(tickets.contact_ids[1], ';', 1) = contacts.contact_id

-- One row per Zendesk ticket with news in the common shape, before severity. Done is solved or closed; one that was merged into
-- another is closed, and delivers nothing.
with

tickets as (
    select * from {{ ref('stg_zendesk__tickets') }}
    where {{ of_issues_with_news('ticket_id') }}
),

organizations as (
    select * from {{ ref('stg_zendesk__organizations') }}
),

users as (
    select * from {{ ref('stg_zendesk__users') }}
)

select
    tickets.tenant_id,
    tickets.ticket_id as issue_id,
    'zendesk' as source,
    tickets.connection_id,
    tickets.external_id::text as external_id,
    tickets.external_id::text as key,
    'tickets' as project,
    tickets.title,
    tickets.body_text,
    coalesce(tickets.type, 'ticket') as type,
    tickets.status as status_name,
    {{ is_done_in_zendesk('tickets.status') }} as is_done,
    case when 'closed_by_merge' = any(tickets.tags) then 'closed_by_merge' end as resolution,
    tickets.priority,
    tickets.tags as labels,
    null::text as component,
    organizations.name as customer,
    users.name as reporter,
    null::text as team,
    tickets.created_at,
    tickets.updated_at,
    case
        when {{ is_done_in_zendesk('tickets.status') }} then coalesce(tickets.solved_at, tickets.updated_at)
        else tickets.updated_at
    end as state_changed_at,
    null::timestamptz as incident_started_at,
    tickets.url,
    tickets._dlt_load_id
from tickets
left join organizations using (tenant_id, connection_id, organization_id)
left join users
    on
        tickets.tenant_id = users.tenant_id
        and tickets.connection_id = users.connection_id
        and tickets.requester_id = users.user_id

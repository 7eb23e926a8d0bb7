-- One row per state (open or done) that an issue's history names, in the order it was entered.
-- A status or stage that nobody describes any more changes nothing.
with

jira_items as (
    select
        changelogs.tenant_id,
        changelogs.connection_id,
        changelogs.issue_id,
        changelogs.changed_at,
        item.json ->> 'from' as from_id,
        item.json ->> 'to' as to_id,
        row_number() over (
            partition by changelogs.tenant_id, changelogs.issue_id
            order by changelogs.changed_at, length(changelogs.external_id), changelogs.external_id, item.position
        ) as position
    from {{ ref('stg_jira__changelogs') }} as changelogs
    cross join lateral jsonb_array_elements(changelogs.items) with ordinality as item (json, position)
    where jsonb_typeof(changelogs.items) = 'array' and item.json ->> 'field' = 'status'
),

jira as (
    select tenant_id, connection_id, issue_id, '-infinity'::timestamptz as changed_at, 0 as position, from_id as status_id
    from jira_items
    where position = 1
    union all
    select tenant_id, connection_id, issue_id, changed_at, position, to_id as status_id
    from jira_items
),

hubspot as (
    select
        tickets.tenant_id,
        tickets.connection_id,
        tickets.ticket_id as issue_id,
        tickets.pipeline_id,
        (entry.json ->> 'at')::timestamptz as changed_at,
        entry.position,
        entry.json ->> 'stage' as stage_id
    from {{ ref('stg_hubspot__tickets') }} as tickets
    cross join lateral jsonb_array_elements(tickets.stage_history) with ordinality as entry (json, position)
    where jsonb_typeof(tickets.stage_history) = 'array'
),

zendesk as (
    select
        tickets.tenant_id,
        tickets.ticket_id as issue_id,
        changes.changed_at,
        row_number() over (
            partition by tickets.tenant_id, tickets.ticket_id
            order by changes.changed_at, changes.change_id
        ) as position,
        {{ is_done_in_zendesk('changes.status') }} as is_done
    from {{ ref('stg_zendesk__status_changes') }} as changes
    inner join {{ ref('stg_zendesk__tickets') }} as tickets
        on
            changes.tenant_id = tickets.tenant_id
            and changes.connection_id = tickets.connection_id
            and changes.external_ticket_id = tickets.external_id
),

github as (
    select
        issues.tenant_id,
        issues.issue_id,
        events.happened_at as changed_at,
        row_number() over (
            partition by issues.tenant_id, issues.issue_id
            order by events.happened_at, length(events.external_id), events.external_id
        ) as position,
        events.event = 'closed' as is_done
    from {{ ref('int_issues__github_events') }} as events
    inner join {{ ref('int_issues__github') }} as issues using (tenant_id, issue_id)
)

select jira.tenant_id, jira.issue_id, jira.changed_at, jira.position, statuses.is_done
from jira
inner join {{ ref('int_issues__jira_statuses') }} as statuses using (tenant_id, connection_id, status_id)
union all
select hubspot.tenant_id, hubspot.issue_id, hubspot.changed_at, hubspot.position, stages.is_closed as is_done
from hubspot
inner join {{ ref('int_issues__hubspot_stages') }} as stages using (tenant_id, connection_id, pipeline_id, stage_id)
union all
select tenant_id, issue_id, changed_at, position, is_done
from zendesk
union all
select tenant_id, issue_id, changed_at, position, is_done
from github

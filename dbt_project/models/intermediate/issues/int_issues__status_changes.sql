-- One row per status that the history of an issue with news names, in the order it was entered, and one for the status that
-- its source shows now (is_present). A status that nobody describes any more keeps the name that the history has, without a
-- category, and nobody knows whether it means done.
with

jira_items as (
    select
        *,
        row_number() over (partition by tenant_id, issue_id order by position) as ordinal
    from {{ ref('int_issues__jira_changes') }}
    where field_name = 'status' and {{ of_issues_with_news() }}
),

jira_entries as (
    select
        tenant_id,
        connection_id,
        issue_id,
        '-infinity'::timestamptz as changed_at,
        0 as position,
        old_id as status_id,
        old_text as status_name,
        false as is_present
    from jira_items
    where ordinal = 1
    union all
    select
        tenant_id,
        connection_id,
        issue_id,
        changed_at,
        ordinal as position,
        new_id as status_id,
        new_text as status_name,
        false as is_present
    from jira_items
    union all
    select
        tenant_id,
        connection_id,
        issue_id,
        null::timestamptz as changed_at,
        null::bigint as position,
        status_id,
        status_name,
        true as is_present
    from {{ ref('stg_jira__issues') }}
    where {{ of_raw_issues_with_news() }}
),

jira as (
    select
        entries.tenant_id,
        entries.issue_id,
        entries.changed_at,
        entries.position,
        coalesce(statuses.name, entries.status_name) as status,
        case statuses.category_key
            when 'new' then 'to_do' when 'indeterminate' then 'in_progress' when 'done' then 'done'
        end as category,
        statuses.is_done,
        entries.is_present
    from jira_entries as entries
    left join {{ ref('int_issues__jira_statuses') }} as statuses using (tenant_id, connection_id, status_id)
),

hubspot_tickets as (
    select * from {{ ref('stg_hubspot__tickets') }}
    where {{ of_raw_issues_with_news() }}
),

hubspot_entries as (
    select
        tickets.tenant_id,
        tickets.connection_id,
        tickets.ticket_id as issue_id,
        tickets.pipeline_id,
        (entry.json ->> 'at')::timestamptz as changed_at,
        entry.position,
        entry.json ->> 'stage' as stage_id,
        false as is_present
    from hubspot_tickets as tickets
    cross join lateral jsonb_array_elements(tickets.stage_history) with ordinality as entry (json, position)
    where jsonb_typeof(tickets.stage_history) = 'array'
    union all
    select
        tenant_id,
        connection_id,
        ticket_id as issue_id,
        pipeline_id,
        null::timestamptz as changed_at,
        null::bigint as position,
        stage_id,
        true as is_present
    from hubspot_tickets
),

-- HubSpot says which stages are closed, and not which mean that somebody works.
hubspot as (
    select
        entries.tenant_id,
        entries.issue_id,
        entries.changed_at,
        entries.position,
        coalesce(stages.label, entries.stage_id) as status,
        case when stages.is_closed then 'done' end as category,
        stages.is_closed as is_done,
        entries.is_present
    from hubspot_entries as entries
    left join {{ ref('int_issues__hubspot_stages') }} as stages using (tenant_id, connection_id, pipeline_id, stage_id)
),

zendesk_tickets as (
    select * from {{ ref('stg_zendesk__tickets') }}
    where {{ of_issues_with_news('ticket_id') }}
),

zendesk_entries as (
    select
        tickets.tenant_id,
        tickets.ticket_id as issue_id,
        changes.changed_at,
        row_number() over (
            partition by tickets.tenant_id, tickets.ticket_id
            order by changes.changed_at, changes.change_id
        ) as position,
        changes.status,
        false as is_present
    from {{ ref('stg_zendesk__status_changes') }} as changes
    inner join zendesk_tickets as tickets
        on
            changes.tenant_id = tickets.tenant_id
            and changes.connection_id = tickets.connection_id
            and changes.external_ticket_id = tickets.external_id
    union all
    select
        tenant_id,
        ticket_id as issue_id,
        null::timestamptz as changed_at,
        null::bigint as position,
        status,
        true as is_present
    from zendesk_tickets
),

zendesk as (
    select
        tenant_id,
        issue_id,
        changed_at,
        position,
        status,
        case
            when status = 'new' then 'to_do'
            when {{ is_done_in_zendesk('status') }} then 'done'
            else 'in_progress'
        end as category,
        {{ is_done_in_zendesk('status') }} as is_done,
        is_present
    from zendesk_entries
),

github_entries as (
    select tenant_id, issue_id, '-infinity'::timestamptz as changed_at, 0 as position, 'open' as status, false as is_present
    from {{ ref('int_issues__github') }}
    union all
    select
        tenant_id,
        issue_id,
        happened_at as changed_at,
        row_number() over (
            partition by tenant_id, issue_id order by happened_at, length(external_id), external_id
        ) as position,
        case event when 'closed' then 'closed' else 'open' end as status,
        false as is_present
    from {{ ref('int_issues__github_events') }}
    union all
    select
        tenant_id,
        issue_id,
        null::timestamptz as changed_at,
        null::bigint as position,
        status_name as status,
        true as is_present
    from {{ ref('int_issues__github') }}
),

-- An open issue at GitHub may be anything: nothing says that somebody works on it.
github as (
    select
        tenant_id,
        issue_id,
        changed_at,
        position,
        status,
        case status when 'closed' then 'done' end as category,
        status = 'closed' as is_done,
        is_present
    from github_entries
)

select * from jira
union all
select * from hubspot
union all
select * from zendesk
union all
select * from github

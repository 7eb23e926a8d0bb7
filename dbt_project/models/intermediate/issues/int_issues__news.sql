-- One row per issue that is worked out anew: a load since the last build that succeeded brought it, or a piece of its history,
-- changed or gone; and each of a source that is worked out whole.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
{% set tables = [
    ('jira', 'issues', 'id'), ('jira', 'changelogs', 'issue_id'), ('hubspot', 'tickets', 'id'), ('zendesk', 'tickets', 'id'),
    ('zendesk', 'status_changes', 'ticket_id'), ('github', 'issues', 'id'),
] -%}
with

packages as (
    select * from {{ source('app', 'load_package') }}
    where {{ since_last_success('build_id') }}
),

whole as (
    select * from {{ ref('int_issues__whole_sources') }}
),

news as (
    {%- for source_name, table, issue in tables %}
    select
        loaded.tenant_id,
        '{{ source_name }}' as source,
        loaded.connection_id,
        loaded.{{ issue }}::text as external_id
    from {{ source(source_name, table) }} as loaded
    where {{ of_packages('loaded._dlt_load_id', source_name) }}
    union
    select
        loaded.tenant_id,
        '{{ source_name }}' as source,
        loaded.connection_id,
        loaded.{{ issue }}::text as external_id
    from whole
    inner join {{ source(source_name, table) }} as loaded on whole.tenant_id = loaded.tenant_id
    where whole.source = '{{ source_name }}'
    union
    {%- endfor %}
    -- An event names its issue by number.
    select
        issues.tenant_id,
        'github' as source,
        issues.connection_id,
        issues.id::text as external_id
    from {{ source('github', 'issue_events') }} as events
    inner join {{ source('github', 'issues') }} as issues
        on
            events.tenant_id = issues.tenant_id
            and events.connection_id = issues.connection_id
            and events.repository = issues.repository
            and events.issue_number = issues.number
    where {{ of_packages('events._dlt_load_id', 'github') }}
)

select
    tenant_id,
    {{ surrogate_id(['tenant_id', 'source', 'connection_id', 'external_id']) }} as issue_id,
    connection_id,
    external_id
from news

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
)
{% for source_name, table, issue in tables %}
{%- set issue_id = surrogate_id(['loaded.tenant_id', "'" ~ source_name ~ "'", 'loaded.connection_id', 'loaded.' ~ issue]) %}
select
    packages.tenant_id,
    {{ issue_id }} as issue_id
from packages
inner join {{ source(source_name, table) }} as loaded on packages.load_id = loaded._dlt_load_id
where packages.source = '{{ source_name }}'
union
select
    whole.tenant_id,
    {{ issue_id }} as issue_id
from whole
inner join {{ source(source_name, table) }} as loaded on whole.tenant_id = loaded.tenant_id
where whole.source = '{{ source_name }}'
union
{%- endfor %}
-- An event names its issue by number.
select
    packages.tenant_id,
    {{ surrogate_id(['issues.tenant_id', "'github'", 'issues.connection_id', 'issues.id']) }} as issue_id
from packages
inner join {{ source('github', 'issue_events') }} as events on packages.load_id = events._dlt_load_id
inner join {{ source('github', 'issues') }} as issues
    on
        events.tenant_id = issues.tenant_id
        and events.connection_id = issues.connection_id
        and events.repository = issues.repository
        and events.issue_number = issues.number
where packages.source = 'github'

-- One row per field that a Jira issue's history says was changed, in the history's order.
-- A table: many models read it, each of which would take all histories apart again.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'connection_id', 'external_id', 'item'],
    indexes=[
        {'columns': ['tenant_id', 'connection_id', 'external_id', 'item'], 'unique': True},
        {'columns': ['tenant_id', 'issue_id']},
    ],
    touched='touched_jira_histories',
    scope=['tenant_id', 'issue_id'],
) }}
-- depends_on: {{ ref('int_issues__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
select
    changelogs.tenant_id,
    changelogs.connection_id,
    changelogs.issue_id,
    changelogs.external_id,
    changelogs.changed_at,
    item.position::integer as item,
    row_number() over (
        partition by changelogs.tenant_id, changelogs.issue_id
        order by changelogs.changed_at, length(changelogs.external_id), changelogs.external_id, item.position
    ) as position,
    item.json ->> 'fieldId' as field_id,
    item.json ->> 'field' as field_name,
    item.json ->> 'from' as old_id,
    item.json ->> 'fromString' as old_text,
    item.json ->> 'to' as new_id,
    item.json ->> 'toString' as new_text
from
    {{ looked_up(
        ref('stg_jira__changelogs'),
        'select tenant_id, connection_id, external_id as issue_external_id from ' ~ ref('int_issues__news'),
        ['tenant_id', 'connection_id', 'issue_external_id'],
    ) }} as changelogs
cross join lateral jsonb_array_elements(changelogs.items) with ordinality as item (json, position)
where jsonb_typeof(changelogs.items) = 'array'

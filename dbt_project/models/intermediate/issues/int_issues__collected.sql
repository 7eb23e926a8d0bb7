-- One row per issue with news of any source, in one shape. A table: its history is replayed by several views.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
{% set columns = [
    'tenant_id', 'issue_id', 'source', 'connection_id', 'external_id', 'key', 'project', 'title', 'body_text', 'type',
    'status_name', 'is_done', 'resolution', 'priority', 'labels', 'component', 'customer', 'reporter', 'team',
    'created_at', 'updated_at', 'state_changed_at', 'incident_started_at', 'url', '_dlt_load_id',
] -%}
{% for source in ['jira', 'hubspot', 'zendesk', 'github'] -%}
select {{ columns | join(', ') }}
from {{ ref('int_issues__' ~ source) }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}

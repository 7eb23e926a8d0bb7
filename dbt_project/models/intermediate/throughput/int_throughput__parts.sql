-- One row per Jira issue: what it is a part of, whether as a sub-task, and its points.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_jira_histories',
    scope=['tenant_id', 'issue_id'],
    keeps_changes=true,
    changes_of=['connection_id', 'parent_key'],
    unique_key=['tenant_id', 'issue_id'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id'], 'unique': True},
        {'columns': ['tenant_id', 'connection_id', 'key']},
        {'columns': ['tenant_id', 'connection_id', 'parent_key']},
    ],
) }}
-- depends_on: {{ ref('int_issues__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
{% set key = ['tenant_id', 'connection_id', 'external_id'] -%}
select
    tenant_id,
    issue_id,
    connection_id,
    key,
    parent_key,
    is_subtask,
    story_points
from {{ looked_up(ref('stg_jira__issues'), 'select * from ' ~ ref('int_issues__news'), key) }} as jira

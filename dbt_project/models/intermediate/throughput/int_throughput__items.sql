-- One row per piece of work: its group, the tenant's day on which it came and the ISO week in which it was resolved.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_work_items',
    scope=['tenant_id', 'issue_id'],
    keeps_changes=true,
    changes_of=['source', 'project', 'team', 'week'],
    unique_key=['tenant_id', 'issue_id'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id'], 'unique': True},
        {'columns': ['tenant_id', 'source', 'project', 'team', 'week']},
        {'columns': ['tenant_id', 'source', 'project', 'team', 'created_on']},
    ],
) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ ref('int_throughput__parts') }}
-- depends_on: {{ source('app', 'build') }}
select
    tenant_id,
    issue_id,
    source,
    project,
    team,
    {{ local_day('created_at', 'time_zone') }} as created_on,
    case
        when status = 'resolved' then date_trunc('week', {{ local_day('resolved_at', 'time_zone') }})::date
    end as week,
    is_delivered,
    story_points
from {{ looked_up(ref('int_throughput__work_items'), touched_work_items(this), ['tenant_id', 'issue_id']) }} as items

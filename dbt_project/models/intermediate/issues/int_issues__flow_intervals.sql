-- One row per issue and stretch of time in which it was open, or in which somebody worked on it: neighbouring visits to statuses
-- of the category in_progress. The days are the tenant's; ended_day is NULL while it lasts, until_day then outlasts every date.
-- GitHub and HubSpot have no such category, so no work.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_histories',
    scope=['tenant_id', 'issue_id'],
    unique_key=['tenant_id', 'issue_id', 'kind', 'interval_number'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id', 'kind', 'interval_number'], 'unique': True},
        {'columns': ['tenant_id', 'source', 'project', 'team', 'severity', 'until_day']},
    ],
) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ source('app', 'build') }}
{% set key = ['tenant_id', 'issue_id'] -%}
with

visits as (
    select
        *,
        coalesce(
            lag(category) over (partition by tenant_id, issue_id order by visit_number) <> 'in_progress', true
        ) as is_first
    from {{ looked_up(ref('int_issues__status_visits'), touched_histories(this), key) }} as visits
),

work_visits as (
    select
        *,
        count(*) filter (where is_first) over (partition by tenant_id, issue_id order by visit_number) as interval_number
    from visits
    where category = 'in_progress'
),

intervals as (
    select
        tenant_id,
        issue_id,
        source,
        project,
        team,
        severity,
        time_zone,
        'open' as kind,
        interval_number,
        created_at,
        opened_at as began_at,
        resolved_at as ended_at
    from {{ looked_up(ref('int_issues__open_intervals'), touched_histories(this), key) }} as opened
    union all
    select
        tenant_id,
        issue_id,
        source,
        project,
        team,
        severity,
        time_zone,
        'work' as kind,
        interval_number,
        null as created_at,
        min(entered_at) as began_at,
        -- An open end outlasts every date.
        nullif(max(coalesce(left_at, 'infinity')), 'infinity') as ended_at
    from work_visits
    group by tenant_id, issue_id, source, project, team, severity, time_zone, interval_number
)

select
    tenant_id,
    issue_id,
    source,
    project,
    team,
    severity,
    kind,
    interval_number,
    created_at,
    began_at,
    ended_at,
    {{ local_day('began_at', 'time_zone') }} as began_day,
    {{ local_day('ended_at', 'time_zone') }} as ended_day,
    -- Clocks that differ may end it before it begins.
    greatest(
        {{ local_day('began_at', 'time_zone') }}, coalesce({{ local_day('ended_at', 'time_zone') }}, 'infinity'::date)
    ) as until_day
from intervals

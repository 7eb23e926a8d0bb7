-- One row per issue and stretch of time in which somebody worked on it: neighbouring visits to statuses of the category
-- in_progress. stopped_at is NULL while it lasts. GitHub and HubSpot have no such category, so no rows.
with

visits as (
    select
        *,
        coalesce(
            lag(category) over (partition by tenant_id, issue_id order by visit_number) <> 'in_progress', true
        ) as is_first
    from {{ ref('int_issues__status_visits') }}
),

stretches as (
    select
        *,
        count(*) filter (where is_first) over (partition by tenant_id, issue_id order by visit_number) as interval_number
    from visits
    where category = 'in_progress'
)

select
    tenant_id,
    issue_id,
    source,
    project,
    team,
    severity,
    time_zone,
    interval_number,
    min(entered_at) as started_at,
    -- An open end outlasts every date.
    nullif(max(coalesce(left_at, 'infinity')), 'infinity') as stopped_at
from stretches
group by tenant_id, issue_id, source, project, team, severity, time_zone, interval_number

-- One row per issue with news: every figure of it, worked out anew. What differs from the last build is found in
-- int_issues__touched.
-- Materialized: the planner takes each of these views for a row or two, and would run one again for each issue.
{{ config(materialized='incremental', incremental_strategy='replaced') }}
with

issues as materialized (
    select * from {{ ref('int_issues__collected') }}
),

classes as materialized (
    select * from {{ ref('int_severity__classified') }}
),

intervals as materialized (
    select * from {{ ref('int_issues__intervals_replayed') }}
),

visits as materialized (
    select * from {{ ref('int_issues__statuses_replayed') }}
),

-- Every issue has intervals, so this is a left join; but one that cannot become a loop over all visits for each issue, which
-- is what a planner that expects two of them makes of it: 180 s instead of 4 for 20,000 issues.
replays as materialized (
    select
        tenant_id,
        issue_id,
        intervals.opened_ats,
        intervals.resolved_ats,
        visits.status_visits,
        visits.status_entered_at
    from intervals
    full outer join visits using (tenant_id, issue_id)
),

-- By itself: left to the planner, which knows only the tenant of both, every interval is joined with every class first.
histories as materialized (
    select
        issues.*,
        replays.opened_ats,
        replays.resolved_ats,
        replays.status_visits,
        replays.status_entered_at
    from issues
    inner join replays using (tenant_id, issue_id)
),

undelivered as (
    select * from {{ ref('undelivered_resolutions') }}
),

tenants as (
    select * from {{ source('app', 'tenant') }}
)

select
    histories.tenant_id,
    histories.issue_id,
    histories.source,
    histories.connection_id,
    histories.external_id,
    histories.key,
    coalesce(histories.project, 'none') as project,
    histories.title,
    histories.body_text,
    histories.type,
    case when histories.is_done then 'resolved' else 'open' end as status,
    histories.status_name,
    histories.priority,
    classes.severity,
    classes.severity_reason,
    histories.component,
    histories.customer,
    histories.reporter,
    histories.team,
    histories.labels,
    histories.created_at,
    histories.updated_at,
    case when histories.is_done then histories.resolved_ats[cardinality(histories.resolved_ats)] end as resolved_at,
    histories.is_done and undelivered.resolution is null as is_delivered,
    classes.is_incident,
    case
        when classes.is_incident then coalesce(histories.incident_started_at, histories.created_at)
    end as incident_started_at,
    null::timestamptz as deleted_at,
    histories.url,
    histories.opened_ats,
    histories.resolved_ats,
    histories.status_visits,
    histories.status_entered_at,
    tenants.time_zone,
    histories._dlt_load_id
from histories
inner join tenants using (tenant_id)
inner join classes
    on
        histories.tenant_id = classes.tenant_id
        and histories.source = classes.source
        and histories.type is not distinct from classes.type
        and histories.priority is not distinct from classes.priority
        and histories.labels = classes.labels
left join undelivered on histories.source = undelivered.source and lower(histories.resolution) = undelivered.resolution

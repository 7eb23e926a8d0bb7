-- One row per issue with news: every figure of it, worked out anew. What differs from the last build is found in
-- int_issues__touched.
{{ config(materialized='incremental', incremental_strategy='replaced') }}
with

issues as (
    select * from {{ ref('int_issues__collected') }}
),

-- By itself, as the planner expects a row or two of it.
classes as materialized (
    select * from {{ ref('int_severity__classified') }}
),

-- Every issue has intervals and visits.
histories as (
    select
        issues.*,
        intervals.opened_ats,
        intervals.resolved_ats,
        visits.status_visits,
        visits.status_entered_at,
        visits.work_started_at,
        coalesce(visits.is_in_progress, false) as is_in_progress
    from issues
    inner join {{ ref('int_issues__intervals_replayed') }} as intervals using (tenant_id, issue_id)
    left join {{ ref('int_issues__statuses_replayed') }} as visits using (tenant_id, issue_id)
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
    histories.work_started_at,
    histories.is_in_progress,
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

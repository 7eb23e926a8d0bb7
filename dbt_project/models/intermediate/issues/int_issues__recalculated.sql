-- One row per issue of the tenants that this build has news of (all tenants on a full refresh): every figure of an issue,
-- worked out anew. What differs from the last build is found in int_issues__touched.
-- Materialized: the planner takes each of these views for a row or two, and would run one again for each issue.
{{ config(materialized='table') }}
-- depends_on: {{ ref('int_tenants__touched') }}
{% set has_ledger = execute and adapter.get_relation(this.database, this.schema, 'int_issues__touched') is not none -%}
with

issues as materialized (
    select * from {{ ref('int_issues__collected') }}
    {% if has_ledger and not flags.FULL_REFRESH -%}
    where tenant_id in (select tenant_id from {{ ref('int_tenants__touched') }})
    {%- endif %}
),

classes as materialized (
    select * from {{ ref('int_severity__classified') }}
),

intervals as materialized (
    select * from {{ ref('int_issues__intervals_replayed') }}
),

undelivered as (
    select * from {{ ref('undelivered_resolutions') }}
),

tenants as (
    select * from {{ source('app', 'tenant') }}
)

select
    issues.tenant_id,
    issues.issue_id,
    issues.source,
    issues.connection_id,
    issues.external_id,
    issues.key,
    coalesce(issues.project, 'none') as project,
    issues.title,
    issues.body_text,
    issues.type,
    case when issues.is_done then 'resolved' else 'open' end as status,
    issues.status_name,
    classes.severity,
    classes.severity_reason,
    issues.component,
    issues.customer,
    issues.reporter,
    issues.team,
    issues.labels,
    issues.created_at,
    issues.updated_at,
    case when issues.is_done then intervals.resolved_ats[cardinality(intervals.resolved_ats)] end as resolved_at,
    issues.is_done and undelivered.resolution is null as is_delivered,
    classes.is_incident,
    case when classes.is_incident then coalesce(issues.incident_started_at, issues.created_at) end as incident_started_at,
    null::timestamptz as deleted_at,
    issues.url,
    intervals.opened_ats,
    intervals.resolved_ats,
    tenants.time_zone,
    issues._dlt_load_id
from issues
inner join tenants using (tenant_id)
inner join intervals using (tenant_id, issue_id)
inner join classes
    on
        issues.tenant_id = classes.tenant_id
        and issues.source = classes.source
        and issues.type is not distinct from classes.type
        and issues.priority is not distinct from classes.priority
        and issues.labels = classes.labels
left join undelivered on issues.source = undelivered.source and lower(issues.resolution) = undelivered.resolution

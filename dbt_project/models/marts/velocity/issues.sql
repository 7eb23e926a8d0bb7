-- One row per issue of any source.
{{ config(unique_key=['tenant_id', 'issue_id'], touched='touched_issues', scope=['tenant_id', 'issue_id']) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ source('app', 'build') }}
with

issues as (
    select * from {{ looked_up(ref('int_issues__unioned'), touched_issues(this), ['tenant_id', 'issue_id']) }} as issues
),

sentiments as (
    select * from {{ source('ml', 'sentiments') }}
    where entity_kind = 'issue'
),

attributed as (
    select * from {{ ref('int_severity__attributed') }}
)

select
    issues.tenant_id,
    issues.issue_id,
    issues.issue_id as id,
    issues.source,
    issues.key,
    issues.project,
    issues.title,
    issues.type,
    issues.status,
    issues.status_name,
    issues.severity,
    issues.severity_reason,
    attributed.component,
    attributed.component_reason,
    attributed.customer,
    attributed.customer_reason,
    issues.reporter,
    issues.team,
    issues.labels,
    issues.is_incident,
    issues.is_delivered,
    greatest(cardinality(issues.opened_ats) - 1, 0)::integer as reopened_count,
    sentiments.sentiment,
    sentiments.scorer as sentiment_scorer,
    sentiments.scorer_version as sentiment_scorer_version,
    issues.created_at,
    issues.updated_at,
    issues.resolved_at,
    extract(epoch from issues.resolved_at - issues.created_at)::double precision as time_to_resolve_seconds,
    issues.deleted_at,
    issues.url
from issues
inner join attributed using (tenant_id, issue_id)
left join sentiments on issues.tenant_id = sentiments.tenant_id and issues.issue_id::text = sentiments.entity_id

-- One row per issue that is a piece of work of its own. Sub-tasks are part of their parent's work, and an epic is the sum of
-- its issues: both stay out.
with

-- Read twice: kept, it would hold all tenants' issues, whoever is asked for.
jira as not materialized (
    select
        tenant_id,
        connection_id,
        external_id,
        key,
        parent_key,
        is_subtask,
        story_points
    from {{ ref('stg_jira__issues') }}
),

parents as (
    select distinct tenant_id, connection_id, parent_key as key
    from jira
    where parent_key is not null and not is_subtask
),

issues as (
    select * from {{ ref('int_issues__unioned') }}
)

select
    issues.tenant_id,
    issues.issue_id,
    issues.connection_id,
    issues.source,
    issues.key,
    issues.project,
    coalesce(issues.team, 'none') as team,
    issues.title,
    issues.body_text,
    issues.status,
    issues.is_delivered,
    issues.created_at,
    issues.resolved_at,
    issues.time_zone,
    jira.parent_key,
    jira.story_points
from issues
left join jira
    on
        issues.source = 'jira'
        and issues.tenant_id = jira.tenant_id
        and issues.connection_id = jira.connection_id
        and issues.external_id = jira.external_id
left join parents
    on
        issues.source = 'jira'
        and issues.tenant_id = parents.tenant_id
        and issues.connection_id = parents.connection_id
        and issues.key = parents.key
where
    not coalesce(jira.is_subtask, false)
    and not (issues.source = 'jira' and coalesce(lower(issues.type) = 'epic', false))
    and parents.key is null

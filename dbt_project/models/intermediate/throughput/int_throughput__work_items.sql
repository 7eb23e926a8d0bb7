-- One row per issue that is a piece of work of its own. Sub-tasks are part of their parent's work, and an epic is the sum of
-- its issues: both stay out.
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
    parts.parent_key,
    parts.story_points
from {{ ref('int_issues__unioned') }} as issues
left join {{ ref('int_throughput__parts') }} as parts
    on issues.source = 'jira' and issues.tenant_id = parts.tenant_id and issues.issue_id = parts.issue_id
where
    not coalesce(parts.is_subtask, false)
    and not (issues.source = 'jira' and coalesce(lower(issues.type) = 'epic', false))
    and not exists (
        select from {{ ref('int_throughput__parts') }} as children
        where
            issues.source = 'jira'
            and children.tenant_id = issues.tenant_id
            and children.connection_id = issues.connection_id
            and children.parent_key = issues.key
            and not children.is_subtask
    )

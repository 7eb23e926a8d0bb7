-- One row per issue, as duplicates are looked for: what it says, while it was open, and whether it tells of a problem.
select
    issues.tenant_id,
    issues.issue_id,
    issues.title,
    left(issues.body_text, 600) as body_text,
    issues.created_at,
    issues.resolved_at,
    issues.is_incident or planned.type is null as is_report
from {{ ref('int_issues__unioned') }} as issues
left join {{ ref('planned_work_types') }} as planned
    on issues.source = planned.source and lower(issues.type) = planned.type

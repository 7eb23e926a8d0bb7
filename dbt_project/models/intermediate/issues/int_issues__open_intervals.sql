-- One row per issue and stretch of time in which it was open. The first begins when it was created, each later one when
-- it was reopened; resolved_at is NULL while it is open.
select
    issues.tenant_id,
    issues.issue_id,
    issues.source,
    issues.project,
    coalesce(issues.team, 'none') as team,
    issues.severity,
    issues.time_zone,
    issues.created_at,
    interval_number,
    issues.opened_ats[interval_number] as opened_at,
    issues.resolved_ats[interval_number] as resolved_at,
    issues.opened_ats[interval_number + 1] as reopened_at
from {{ ref('int_issues__unioned') }} as issues
cross join lateral generate_series(1, cardinality(issues.opened_ats)) as interval_number

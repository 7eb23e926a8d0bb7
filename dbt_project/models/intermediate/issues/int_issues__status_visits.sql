-- One row per issue and visit to a status; left_at is NULL while it is there.
select
    issues.tenant_id,
    issues.issue_id,
    issues.source,
    issues.key,
    issues.project,
    coalesce(issues.team, 'none') as team,
    issues.severity,
    issues.time_zone,
    visit.visit_number,
    visit.status,
    visit.category,
    visit.entered_at,
    visit.left_at,
    extract(epoch from visit.left_at - visit.entered_at)::double precision as seconds
from {{ ref('int_issues__unioned') }} as issues
cross join lateral rows from (
    jsonb_to_recordset(issues.status_visits) as (
        status text, category text, entered_at timestamptz, left_at timestamptz
    )
) with ordinality as visit (status, category, entered_at, left_at, visit_number)

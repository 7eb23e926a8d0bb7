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
    issues.status_entered_at as last_entered_at,
    visit.visit_number,
    visit.json ->> 'status' as status,
    visit.json ->> 'category' as category,
    stay.entered_at,
    stay.left_at,
    extract(epoch from stay.left_at - stay.entered_at)::double precision as seconds
from {{ ref('int_issues__unioned') }} as issues
cross join lateral jsonb_array_elements(issues.status_visits) with ordinality as visit (json, visit_number)
cross join lateral (
    select
        (visit.json ->> 'entered_at')::timestamptz as entered_at,
        (visit.json ->> 'left_at')::timestamptz as left_at
) as stay

-- One row per issue and visit to a status; left_at is NULL while it is there.
with

visits as (
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
        visit.json ->> 'status' as status,
        visit.json ->> 'category' as category,
        (visit.json ->> 'entered_at')::timestamptz as entered_at,
        (visit.json ->> 'left_at')::timestamptz as left_at
    from {{ ref('int_issues__unioned') }} as issues
    cross join lateral jsonb_array_elements(issues.status_visits) with ordinality as visit (json, visit_number)
)

select *, extract(epoch from left_at - entered_at)::double precision as seconds
from visits

-- The backlog of a day is that of the day before, plus what was created or reopened, less what was resolved; and no day of
-- a group is missing.
with

days as (
    select
        *,
        lag(open_count, 1, 0::bigint) over (partition by tenant_id, source, project, team, severity order by day) as before_count,
        lag(day) over (partition by tenant_id, source, project, team, severity order by day) as day_before
    from {{ ref('issue_flow_daily') }}
)

select tenant_id, source, project, team, severity, day
from days
where
    open_count <> before_count + created_count + reopened_count - resolved_count
    or day - day_before <> 1

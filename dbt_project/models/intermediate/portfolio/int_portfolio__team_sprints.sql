-- One row per team and window in which a sprint with issues of the team was closed: what was promised in these, and done.
{% set counted = "cases.is_counted and cases.metric = 'sprint_" -%}
select
    cases.tenant_id,
    cases.team,
    windows.window_days,
    count(distinct cases.sprint_id) as closed_sprint_count,
    count(*) filter (where {{ counted }}committed') as committed_count,
    count(*) filter (where {{ counted }}completed') as completed_count,
    count(*) filter (where {{ counted }}carried_over') as carried_over_count,
    -- exact: a sum of floats hangs on their order
    coalesce(sum(cases.points::numeric) filter (where {{ counted }}committed'), 0) as committed_points,
    coalesce(sum(cases.points::numeric) filter (where {{ counted }}completed'), 0) as completed_points,
    coalesce(sum(cases.points::numeric) filter (where {{ counted }}carried_over'), 0) as carried_over_points
from (
    select *, unnest(teams) as team
    from {{ ref('sprint_evidence') }}
    -- Sub-tasks alone are no sprint of a team's.
    where coalesce(left_out_because not in ('sub_task', 'unmeasured_sprint'), true)
) as cases
inner join {{ ref('int_deployments__summary_windows') }} as windows
    on
        cases.tenant_id = windows.tenant_id
        and windows.period = 0
        and cases.day between windows.first_day and windows.last_day
group by cases.tenant_id, cases.team, windows.window_days

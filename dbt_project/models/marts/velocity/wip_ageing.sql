-- One row per open issue on which work has begun, as of the newest day of its source.
{{ config(unique_key=['tenant_id', 'issue_id'], touched='touched_wip') }}
-- depends_on: {{ ref('int_tenants__touched') }}
-- depends_on: {{ ref('int_issues__scoring_days') }}
{% set days_back = 180 -%}
{% set least_known = 5 -%}
with

days as (
    select * from {{ ref('int_issues__scoring_days') }}
    {% if is_incremental() -%}
    where {{ of_tenants(touched_wip(this)) }}
    {%- endif %}
),

open_issues as (
    select * from {{ ref('int_issues__unioned') }}
    where status = 'open' and work_started_at is not null and {{ of_tenants('select named.tenant_id from days as named') }}
),

ageing as (
    select
        open_issues.tenant_id,
        open_issues.issue_id,
        open_issues.source,
        open_issues.key,
        open_issues.project,
        coalesce(open_issues.team, 'none') as team,
        open_issues.severity,
        open_issues.status_name,
        open_issues.is_in_progress,
        open_issues.work_started_at as started_at,
        open_issues.status_entered_at,
        days.scored_on as measured_on,
        days.scored_on - {{ local_day('open_issues.work_started_at', 'days.time_zone') }} + 1 as age_days,
        days.scored_on - {{ local_day('open_issues.status_entered_at', 'days.time_zone') }} + 1 as status_age_days
    from open_issues
    inner join days using (tenant_id, source)
),

cycles as (
    select
        cycle_times.tenant_id,
        cycle_times.source,
        cycle_times.project,
        cycle_times.cycle_days
    from {{ ref('int_issues__cycle_times') }} as cycle_times
    inner join days using (tenant_id, source)
    where
        cycle_times.resolved_on > days.scored_on - {{ days_back }}
        -- Nor is an older one read: no time zone is a day away.
        and cycle_times.resolved_at >= (
            select min(newest.scored_on) - {{ days_back + 1 }} from days as newest
        )::timestamp at time zone 'UTC'
        and {{ of_tenants('select named.tenant_id from days as named', 'cycle_times.tenant_id') }}
),

projects as materialized (
    select
        tenant_id,
        source,
        project,
        count(*) as cycle_n,
        array_agg(cycle_days order by cycle_days) as sorted_cycle_days,
        percentile_cont(0.5) within group (order by cycle_days) as cycle_days_p50,
        percentile_cont(0.85) within group (order by cycle_days) as cycle_days_p85
    from cycles
    group by tenant_id, source, project
    having count(*) >= {{ least_known }}
)

select
    ageing.tenant_id,
    ageing.issue_id,
    ageing.source,
    ageing.key,
    ageing.project,
    ageing.team,
    ageing.severity,
    ageing.status_name,
    ageing.is_in_progress,
    ageing.started_at,
    ageing.status_entered_at,
    ageing.measured_on,
    ageing.age_days,
    ageing.status_age_days,
    projects.cycle_n,
    projects.cycle_days_p50,
    projects.cycle_days_p85,
    -- How many cycle times are no longer than its age, found by halves: counted, each age would be compared with all of them.
    width_bucket(ageing.age_days, projects.sorted_cycle_days)::double precision / projects.cycle_n as age_percentile,
    ageing.age_days > projects.cycle_days_p85 as is_late
from ageing
left join projects using (tenant_id, source, project)

-- One row per (tenant, source, project, team, severity, day), from the group's first issue to the newest data, empty days
-- included. An issue belongs to the group that it is in now.
{{ config(
    unique_key=['tenant_id', 'source', 'project', 'team', 'severity', 'day'],
    touched='touched_issue_groups',
    scope=['tenant_id', 'source', 'project', 'team', 'severity'],
    scope_from='day',
) }}
-- depends_on: {{ ref('int_issues__touched_groups') }}
with

-- Groups have numbers: sorting every day by names would be most of the work.
groups as (
    select
        groups.*,
        row_number() over (order by tenant_id, source, project, team, severity) as group_number,
        {% if is_incremental() -%}
        greatest(groups.first_day, scope.from_day) as from_day
        {%- else -%}
        groups.first_day as from_day
        {%- endif %}
    from {{ ref('int_issues__groups') }} as groups
    {% if is_incremental() -%}
    inner join ({{ touched_issue_groups(this, config.get('scope')) }}) as scope using (tenant_id, source, project, team, severity)
    {%- endif %}
),

days as (
    select
        groups.group_number,
        day::date as day
    from groups
    cross join lateral generate_series(
        groups.from_day::timestamp, groups.last_day::timestamp, interval '1 day'
    ) as day
),

events as (
    select
        events.*,
        groups.group_number,
        groups.from_day,
        groups.last_day
    from {{ ref('int_issues__flow_events') }} as events
    inner join groups using (tenant_id, source, project, team, severity)
    {%- if is_incremental() %}
    where {{ of_tenants('select named.tenant_id from groups as named', 'events.tenant_id') }}
    {%- endif %}
),

-- Issues that were open or in work before the first day that is worked out here.
openings as (
    select
        group_number,
        sum(created_count + reopened_count - resolved_count) as open_count,
        sum(started_count - stopped_count) as wip_count
    from events
    where day < from_day
    group by group_number
),

intervals as (
    select
        groups.group_number,
        groups.time_zone,
        array_agg(intervals.created_at) as created_ats,
        array_agg(greatest({{ local_day('intervals.opened_at', 'groups.time_zone') }}, groups.from_day)) as first_days,
        array_agg(least(
            coalesce({{ local_day('intervals.resolved_at', 'groups.time_zone') }} - 1, groups.last_day), groups.last_day
        )) as last_days
    from {{ ref('int_issues__open_intervals') }} as intervals
    inner join groups using (tenant_id, source, project, team, severity)
    {%- if is_incremental() %}
    where {{ of_tenants('select named.tenant_id from groups as named', 'intervals.tenant_id') }}
    {%- endif %}
    group by groups.group_number, groups.time_zone
),

-- The days at whose end an issue was open, and no others, are spelt out for its age: group by group, for all at once would be
-- more than memory holds.
ages as (
    select
        intervals.group_number,
        aged.day,
        aged.percentiles[1] as age_p50_seconds,
        aged.percentiles[2] as age_p90_seconds
    from intervals
    cross join lateral (
        select
            open_day::date as day,
            percentile_cont(array[0.5, 0.9]) within group (
                order by
                    extract(epoch from ((open_day + interval '1 day') at time zone intervals.time_zone) - listed.created_at)
            ) as percentiles
        from (
            select
                unnest(intervals.created_ats) as created_at,
                unnest(intervals.first_days) as first_day,
                unnest(intervals.last_days) as last_day
        ) as listed
        cross join
            lateral generate_series(
                listed.first_day::timestamp, listed.last_day::timestamp, interval '1 day'
            ) as open_day
        group by open_day
    ) as aged
),

-- What is known of a day by kind, one under the other: joined by day, it is compared with every day of its group where the
-- planner takes the events for few.
facts as (
    select
        group_number,
        day,
        0 as created_count,
        0 as resolved_count,
        0 as reopened_count,
        0 as wip_change,
        null::double precision as age_p50_seconds,
        null::double precision as age_p90_seconds
    from days
    union all
    select
        group_number,
        day,
        created_count::integer as created_count,
        resolved_count::integer as resolved_count,
        reopened_count::integer as reopened_count,
        (started_count - stopped_count)::integer as wip_change,
        null as age_p50_seconds,
        null as age_p90_seconds
    from events
    where day between from_day and last_day
    union all
    select
        group_number,
        day,
        0 as created_count,
        0 as resolved_count,
        0 as reopened_count,
        0 as wip_change,
        age_p50_seconds,
        age_p90_seconds
    from ages
),

figures as (
    select
        group_number,
        day,
        sum(created_count) as created_count,
        sum(resolved_count) as resolved_count,
        sum(reopened_count) as reopened_count,
        sum(wip_change) as wip_change,
        max(age_p50_seconds) as age_p50_seconds,
        max(age_p90_seconds) as age_p90_seconds
    from facts
    group by group_number, day
)

select
    groups.tenant_id,
    groups.source,
    groups.project,
    groups.team,
    groups.severity,
    figures.day,
    figures.created_count,
    figures.resolved_count,
    figures.reopened_count,
    (
        coalesce(openings.open_count, 0)
        + sum(figures.created_count + figures.reopened_count - figures.resolved_count) over (
            partition by group_number order by figures.day
        )
    )::bigint as open_count,
    -- GitHub and HubSpot do not say what is in work: not measured, rather than none.
    case
        when groups.source in ('jira', 'zendesk')
            then (
                coalesce(openings.wip_count, 0)
                + sum(figures.wip_change) over (partition by group_number order by figures.day)
            )::bigint
    end as wip_count,
    figures.age_p50_seconds,
    figures.age_p90_seconds
from figures
inner join groups using (group_number)
left join openings using (group_number)

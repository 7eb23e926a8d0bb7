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

-- Those that lasted until the first day that is worked out here, or longer.
intervals as (
    select
        intervals.kind,
        intervals.interval_number,
        intervals.created_at,
        intervals.ended_at,
        intervals.began_day,
        intervals.ended_day,
        groups.group_number,
        groups.time_zone,
        groups.from_day,
        groups.last_day
    from {{ ref('int_issues__flow_intervals') }} as intervals
    inner join groups
        on
            intervals.tenant_id = groups.tenant_id
            and intervals.source = groups.source
            and intervals.project = groups.project
            and intervals.team = groups.team
            and intervals.severity = groups.severity
            and intervals.until_day >= groups.from_day
),

events as (
    select
        intervals.group_number,
        intervals.from_day,
        intervals.last_day,
        ends.event,
        ends.day
    from intervals
    cross join
        lateral (
            values
            (
                case
                    when intervals.kind = 'work' then 'started' when intervals.interval_number = 1 then 'created' else 'reopened'
                end,
                intervals.began_day
            ),
            (case intervals.kind when 'work' then 'stopped' else 'resolved' end, intervals.ended_day)
        ) as ends (event, day)
    where ends.day is not null
),

-- Issues that were open or in work before the first day that is worked out here.
openings as (
    select
        group_number,
        count(*) filter (where event in ('created', 'reopened')) - count(*) filter (where event = 'resolved') as open_count,
        count(*) filter (where event = 'started') - count(*) filter (where event = 'stopped') as wip_count
    from events
    where day < from_day
    group by group_number
),

by_group as (
    select
        group_number,
        time_zone,
        array_agg(created_at) as created_ats,
        array_agg(greatest(began_day, from_day)) as first_days,
        array_agg(least(coalesce(ended_day - 1, last_day), last_day)) as last_days
    from intervals
    where kind = 'open'
    group by group_number, time_zone
),

-- The days at whose end an issue was open, and no others, are spelt out for its age: group by group, for all at once would be
-- more than memory holds.
ages as (
    select
        by_group.group_number,
        aged.day,
        aged.percentiles[1] as age_p50_seconds,
        aged.percentiles[2] as age_p90_seconds
    from by_group
    cross join lateral (
        select
            open_day::date as day,
            percentile_cont(array[0.5, 0.9]) within group (
                order by
                    extract(epoch from ((open_day + interval '1 day') at time zone by_group.time_zone) - listed.created_at)
            ) as percentiles
        from (
            select
                unnest(by_group.created_ats) as created_at,
                unnest(by_group.first_days) as first_day,
                unnest(by_group.last_days) as last_day
        ) as listed
        cross join
            lateral generate_series(
                listed.first_day::timestamp, listed.last_day::timestamp, interval '1 day'
            ) as open_day
        group by open_day
    ) as aged
),

-- How long those that were resolved on a day had been there; nothing where a clock has them resolved before they were created.
resolutions as (
    select
        group_number,
        ended_day as day,
        percentile_cont(array[0.5, 0.9]) within group (order by extract(epoch from ended_at - created_at)) as percentiles
    from intervals
    where kind = 'open' and ended_at >= created_at and ended_day between from_day and last_day
    group by group_number, ended_day
),

-- What is known of a day by kind, one under the other: joined by day, it is compared with every day of its group where the
-- planner takes the events for few.
facts as (
    select
        group_number,
        day,
        null as event,
        null::double precision as age_p50_seconds,
        null::double precision as age_p90_seconds,
        null::double precision as time_to_resolve_p50_seconds,
        null::double precision as time_to_resolve_p90_seconds
    from days
    union all
    select
        group_number,
        day,
        event,
        null as age_p50_seconds,
        null as age_p90_seconds,
        null as time_to_resolve_p50_seconds,
        null as time_to_resolve_p90_seconds
    from events
    where day between from_day and last_day
    union all
    select
        group_number,
        day,
        null as event,
        age_p50_seconds,
        age_p90_seconds,
        null as time_to_resolve_p50_seconds,
        null as time_to_resolve_p90_seconds
    from ages
    union all
    select
        group_number,
        day,
        null as event,
        null as age_p50_seconds,
        null as age_p90_seconds,
        percentiles[1] as time_to_resolve_p50_seconds,
        percentiles[2] as time_to_resolve_p90_seconds
    from resolutions
),

figures as (
    select
        group_number,
        day,
        count(*) filter (where event = 'created') as created_count,
        count(*) filter (where event = 'resolved') as resolved_count,
        count(*) filter (where event = 'reopened') as reopened_count,
        count(*) filter (where event = 'started') - count(*) filter (where event = 'stopped') as wip_change,
        max(age_p50_seconds) as age_p50_seconds,
        max(age_p90_seconds) as age_p90_seconds,
        max(time_to_resolve_p50_seconds) as time_to_resolve_p50_seconds,
        max(time_to_resolve_p90_seconds) as time_to_resolve_p90_seconds
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
    figures.created_count + figures.reopened_count - figures.resolved_count as net_count,
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
    figures.age_p90_seconds,
    figures.time_to_resolve_p50_seconds,
    figures.time_to_resolve_p90_seconds
from figures
inner join groups using (group_number)
left join openings using (group_number)

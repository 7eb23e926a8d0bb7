-- One row per group and day on which something happened: issues created, resolved, reopened, and work
-- on them begun and stopped.
with

tenants as (
    select * from {{ source('app', 'tenant') }}
),

-- Each history is read once, so that it is read for the tenants alone that are asked for.
events as (
    select
        intervals.tenant_id,
        intervals.source,
        intervals.project,
        intervals.team,
        intervals.severity,
        ends.event,
        ends.happened_at
    from {{ ref('int_issues__open_intervals') }} as intervals
    cross join
        lateral (
            values
            (case intervals.interval_number when 1 then 'created' else 'reopened' end, intervals.opened_at),
            ('resolved', intervals.resolved_at)
        ) as ends (event, happened_at)
    where ends.happened_at is not null
    union all
    select
        work.tenant_id,
        work.source,
        work.project,
        work.team,
        work.severity,
        ends.event,
        ends.happened_at
    from {{ ref('int_issues__work_intervals') }} as work
    cross join
        lateral (
            values ('started', work.started_at), ('stopped', work.stopped_at)
        ) as ends (event, happened_at)
    where ends.happened_at is not null
)

select
    events.tenant_id,
    events.source,
    events.project,
    events.team,
    events.severity,
    {{ local_day('events.happened_at', 'tenants.time_zone') }} as day,
    count(*) filter (where events.event = 'created') as created_count,
    count(*) filter (where events.event = 'resolved') as resolved_count,
    count(*) filter (where events.event = 'reopened') as reopened_count,
    count(*) filter (where events.event = 'started') as started_count,
    count(*) filter (where events.event = 'stopped') as stopped_count
from events
inner join tenants using (tenant_id)
group by
    events.tenant_id, events.source, events.project, events.team, events.severity,
    {{ local_day('events.happened_at', 'tenants.time_zone') }}

-- One row per group and day on which something happened: issues created, resolved, reopened, and work
-- on them begun and stopped.
with

intervals as (
    select * from {{ ref('int_issues__open_intervals') }}
),

work as (
    select * from {{ ref('int_issues__work_intervals') }}
),

tenants as (
    select * from {{ source('app', 'tenant') }}
),

events as (
    select
        tenant_id,
        source,
        project,
        team,
        severity,
        case interval_number when 1 then 'created' else 'reopened' end as event,
        opened_at as happened_at
    from intervals
    union all
    select tenant_id, source, project, team, severity, 'resolved' as event, resolved_at as happened_at
    from intervals
    where resolved_at is not null
    union all
    select tenant_id, source, project, team, severity, 'started' as event, started_at as happened_at
    from work
    union all
    select tenant_id, source, project, team, severity, 'stopped' as event, stopped_at as happened_at
    from work
    where stopped_at is not null
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

-- One row per time an issue was created, reopened or resolved, on the tenant's own day, with all that it is counted by.
with

intervals as (
    select * from {{ ref('int_issues__open_intervals') }}
),

events as (
    select
        *,
        case interval_number when 1 then 'created' else 'reopened' end as event,
        opened_at as happened_at
    from intervals
    union all
    select
        *,
        'resolved' as event,
        resolved_at as happened_at
    from intervals
    where resolved_at is not null
)

select
    events.tenant_id,
    events.issue_id,
    events.event,
    events.source,
    events.severity,
    attributed.component,
    {{ local_day('events.happened_at', 'tenants.time_zone') }} as day,
    case
        when events.event = 'resolved' then extract(epoch from events.resolved_at - events.created_at)::double precision
    end as time_to_resolve_seconds,
    events.reopened_at is not null as is_reopened_later
from events
inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
inner join {{ ref('int_severity__attributed') }} as attributed using (tenant_id, issue_id)

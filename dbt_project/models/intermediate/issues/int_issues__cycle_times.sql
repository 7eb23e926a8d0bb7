-- One row per delivered issue whose source says when work began: the days from its first start to its last resolution,
-- both counted, by the tenant's clock. Begun and done on one day is 1.
with

starts as (
    select tenant_id, issue_id, min(started_at) as started_at
    from {{ ref('int_issues__work_intervals') }}
    group by tenant_id, issue_id
),

issues as (
    select * from {{ ref('int_issues__unioned') }}
    where is_delivered
)

select
    issues.tenant_id,
    issues.issue_id,
    issues.source,
    issues.project,
    starts.started_at,
    issues.resolved_at,
    {{ local_day('issues.resolved_at', 'issues.time_zone') }} as resolved_on,
    {{ local_day('issues.resolved_at', 'issues.time_zone') }} - {{ local_day('starts.started_at', 'issues.time_zone') }} + 1
        as cycle_days
from issues
inner join starts using (tenant_id, issue_id)
where starts.started_at <= issues.resolved_at

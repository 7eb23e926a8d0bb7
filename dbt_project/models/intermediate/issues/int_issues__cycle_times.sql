-- One row per delivered issue whose source says when work began: the days from its first start to its last resolution,
-- both counted, by the tenant's clock. Begun and done on one day is 1.
select
    tenant_id,
    issue_id,
    source,
    project,
    work_started_at as started_at,
    resolved_at,
    {{ local_day('resolved_at', 'time_zone') }} as resolved_on,
    {{ local_day('resolved_at', 'time_zone') }} - {{ local_day('work_started_at', 'time_zone') }} + 1 as cycle_days
from {{ ref('int_issues__unioned') }}
where is_delivered and work_started_at <= resolved_at

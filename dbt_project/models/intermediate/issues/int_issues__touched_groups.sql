-- One row per group of issues that changed since the last build that succeeded, with the first day that may differ.
select
    tenant_id,
    source,
    project,
    team,
    severity,
    min(first_day) as from_day
from {{ ref('int_issues__touched') }}
where {{ since_last_success('build_id') }}
group by tenant_id, source, project, team, severity

-- One row per group of issues (source, project, team, severity): its first day and the day of its source's newest data, by
-- the tenant's clock.
with

issues as (
    select * from {{ ref('int_issues__unioned') }}
),

tenants as (
    select * from {{ source('app', 'tenant') }}
),

as_of as (
    select * from {{ ref('int_tenants__as_of') }}
)

select
    issues.tenant_id,
    issues.source,
    issues.project,
    coalesce(issues.team, 'none') as team,
    issues.severity,
    tenants.time_zone,
    min({{ local_day('issues.created_at', 'tenants.time_zone') }}) as first_day,
    -- One for the whole source: news of a webhook may be younger than the instant up to which the source was read.
    max({{ local_day(
        'greatest(max(as_of.as_of), max(issues.created_at), max(issues.resolved_at), max(issues.status_entered_at))',
        'tenants.time_zone'
    ) }}) over (partition by issues.tenant_id, issues.source) as last_day
from issues
inner join tenants using (tenant_id)
left join as_of using (tenant_id, source)
group by issues.tenant_id, issues.source, issues.project, coalesce(issues.team, 'none'), issues.severity, tenants.time_zone

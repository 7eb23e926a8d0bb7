-- One row per group of issues (source, project, team, severity): its first day and the day of its source's newest data, by
-- the tenant's clock.
with

spans as (
    select * from {{ ref('int_issues__group_spans') }}
),

tenants as (
    select * from {{ source('app', 'tenant') }}
),

as_of as (
    select * from {{ ref('int_tenants__as_of') }}
)

select
    spans.tenant_id,
    spans.source,
    spans.project,
    spans.team,
    spans.severity,
    tenants.time_zone,
    spans.first_day,
    -- One for the whole source: news of a webhook may be younger than the instant up to which the source was read.
    max({{ local_day('greatest(as_of.as_of, spans.newest_at)', 'tenants.time_zone') }}) over (
        partition by spans.tenant_id, spans.source
    ) as last_day
from spans
inner join tenants using (tenant_id)
left join as_of using (tenant_id, source)

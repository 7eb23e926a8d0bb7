-- One row per (tenant, source, project, status, week) in which a visit to the status ended.
{{ config(unique_key=['tenant_id', 'source', 'project', 'status', 'week']) }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

visits as (
    select *, date_trunc('week', {{ local_day('left_at', 'time_zone') }})::date as week
    from {{ ref('int_issues__status_visits') }}
    where left_at is not null and {{ of_touched_tenants() }}
)

select
    tenant_id,
    source,
    project,
    status,
    week,
    (array_agg(category order by left_at desc, issue_id))[1] as category,
    count(*) as n,
    count(distinct issue_id) as issue_count,
    percentile_cont(0.5) within group (order by seconds) as seconds_p50,
    percentile_cont(0.85) within group (order by seconds) as seconds_p85
from visits
group by tenant_id, source, project, status, week

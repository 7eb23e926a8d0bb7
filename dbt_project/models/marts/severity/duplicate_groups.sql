-- One row per problem that two or more issues report, of whatever sources.
{{ config(unique_key=['tenant_id', 'group_id']) }}
with

members as (
    select * from {{ ref('duplicate_members') }}
    where {{ of_touched_tenants() }}
),

first_reports as (
    select distinct on (tenant_id, group_id)
        tenant_id,
        group_id,
        source,
        key,
        title,
        url
    from members
    order by tenant_id, group_id, created_at, issue_id
),

counted as (
    select
        tenant_id,
        group_id,
        count(*) as report_count,
        count(distinct customer) as customer_count,
        count(customer)::double precision / count(*) as coverage,
        count(*) filter (where method not in ('first_report', 'similarity')) as linked_count,
        count(*) filter (where method = 'similarity') as similar_count,
        array_agg(distinct source order by source) as sources,
        array_remove(array_agg(distinct customer order by customer), null) as customers,
        mode() within group (order by component) as component,
        max(severity)::smallint as severity,
        bool_or(is_incident) as is_incident,
        case when bool_or(status = 'open') then 'open' else 'resolved' end as status,
        count(*) filter (where status = 'open') as open_count,
        min(created_at) as first_reported_at,
        max(created_at) as last_reported_at,
        case when bool_and(status = 'resolved') then max(resolved_at) end as resolved_at
    from members
    group by tenant_id, group_id
)

select
    counted.tenant_id,
    counted.group_id,
    first_reports.source,
    first_reports.key,
    first_reports.title,
    counted.sources,
    counted.report_count,
    counted.linked_count,
    counted.similar_count,
    counted.customer_count,
    counted.customers,
    counted.coverage,
    counted.component,
    counted.severity,
    counted.is_incident,
    counted.status,
    counted.open_count,
    counted.first_reported_at,
    counted.last_reported_at,
    counted.resolved_at,
    first_reports.url
from counted
inner join first_reports using (tenant_id, group_id)

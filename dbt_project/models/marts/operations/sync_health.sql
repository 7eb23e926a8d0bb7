-- One row per connection and resource: how its loads of the last 30 days went, counted back from the tenant's newest load.
{{ config(unique_key=['tenant_id', 'connection_id', 'resource'], touched='all_tenants') }}
with

runs as (
    select
        *,
        max(started_at) over (partition by tenant_id) as newest_started_at,
        max(as_of) filter (where status = 'succeeded') over (partition by tenant_id) as tenant_as_of
    from {{ source('app', 'sync_run') }}
    where finished_at is not null and status in ('succeeded', 'failed')
),

recent as (
    select
        *,
        extract(epoch from finished_at - started_at) as duration_seconds,
        row_number() over (
            partition by tenant_id, connection_id, resource order by started_at desc, sync_run_id
        ) as nth_newest
    from runs
    where started_at > newest_started_at - interval '30 days'
),

-- Errors are counted by class first, so that they fit one object.
errors as (
    select
        tenant_id,
        connection_id,
        resource,
        jsonb_object_agg(error_class, error_count order by error_class) as errors_by_class
    from (
        select tenant_id, connection_id, resource, coalesce(error_class, 'unknown') as error_class, count(*) as error_count
        from recent
        where status = 'failed'
        group by tenant_id, connection_id, resource, coalesce(error_class, 'unknown')
    ) as counted
    group by tenant_id, connection_id, resource
),

last_errors as (
    select distinct on (tenant_id, connection_id, resource)
        tenant_id,
        connection_id,
        resource,
        error_class as last_error_class,
        error_message as last_error_message,
        started_at as last_error_at
    from recent
    where status = 'failed'
    order by tenant_id, connection_id, resource, started_at desc, sync_run_id
),

last_successes as (
    select distinct on (tenant_id, connection_id, resource)
        tenant_id,
        connection_id,
        resource,
        cursor_value,
        finished_at as last_success_at
    from runs
    where status = 'succeeded'
    order by tenant_id, connection_id, resource, started_at desc, sync_run_id
),

facts as (
    select
        tenant_id,
        connection_id,
        resource,
        max(source) as source,
        count(*) as run_count,
        count(*) filter (where status = 'succeeded') as success_count,
        percentile_cont(0.5) within group (order by duration_seconds) filter (where status = 'succeeded')
            as duration_p50_seconds,
        percentile_cont(0.95) within group (order by duration_seconds) filter (where status = 'succeeded')
            as duration_p95_seconds,
        sum(row_count)::bigint as row_count,
        max(status) filter (where nth_newest = 1) as last_status,
        max(as_of) filter (where status = 'succeeded') as as_of,
        max(tenant_as_of) as tenant_as_of
    from recent
    group by tenant_id, connection_id, resource
),

connections as (
    select * from {{ source('app', 'connection') }} where removed_at is null
),

quotas as (
    select * from {{ source('app', 'connection_quota') }}
),

-- What the source had at the last sweep, and how much of it is kept.
sweeps as (
    select * from {{ source('app', 'completeness') }}
),

quarantined as (
    select
        tenant_id,
        connection_id,
        resource,
        count(*) as quarantined_count
    from {{ source('app', 'quarantine') }}
    group by tenant_id, connection_id, resource
),

-- A hold on the whole connection has no resource's name.
attention as (
    select
        tenant_id,
        connection_id,
        bool_or(resource = '') as is_whole,
        array_agg(resource) as resources
    from {{ source('app', 'sync_hold') }}
    where needs_attention
    group by tenant_id, connection_id
)

select
    facts.tenant_id,
    facts.connection_id,
    facts.resource,
    facts.source,
    connections.name as connection,
    facts.run_count,
    (facts.success_count::double precision / facts.run_count) as success_rate,
    facts.duration_p50_seconds,
    facts.duration_p95_seconds,
    facts.row_count,
    facts.last_status,
    last_successes.last_success_at,
    facts.as_of,
    extract(epoch from facts.tenant_as_of - facts.as_of)::double precision as lag_seconds,
    last_successes.cursor_value,
    errors.errors_by_class,
    last_errors.last_error_class,
    last_errors.last_error_message,
    last_errors.last_error_at,
    coalesce(attention.is_whole or facts.resource = any(attention.resources), false) as needs_attention,
    coalesce(quarantined.quarantined_count, 0) as quarantined_count,
    sweeps.source_count,
    sweeps.kept_count,
    (sweeps.kept_count::double precision / nullif(sweeps.source_count, 0)) as completeness,
    sweeps.measured_at as completeness_measured_at,
    quotas.quota_limit,
    quotas.quota_left,
    quotas.resets_at as quota_resets_at
from facts
inner join connections using (tenant_id, connection_id)
left join last_successes using (tenant_id, connection_id, resource)
left join errors using (tenant_id, connection_id, resource)
left join last_errors using (tenant_id, connection_id, resource)
left join quarantined using (tenant_id, connection_id, resource)
left join sweeps using (tenant_id, connection_id, resource)
left join quotas using (tenant_id, connection_id)
left join attention using (tenant_id, connection_id)

-- The days add up to the single deployments.
with

daily as (
    select
        tenant_id,
        sum(deployment_count) as deployment_count,
        sum(failed_count) as failed_count,
        sum(change_failure_count) as change_failure_count
    from {{ ref('dora_daily') }}
    group by tenant_id
),

single as (
    select
        tenant_id,
        count(*) filter (where status = 'success') as deployment_count,
        count(*) filter (where is_failed) as failed_count,
        count(*) filter (where is_change_failure) as change_failure_count
    from {{ ref('deployments') }}
    where coalesce(finished_at, started_at) is not null
    group by tenant_id
)

select tenant_id
from daily
full join single using (tenant_id)
where
    (daily.deployment_count, daily.failed_count, daily.change_failure_count)
    is distinct from (single.deployment_count, single.failed_count, single.change_failure_count)

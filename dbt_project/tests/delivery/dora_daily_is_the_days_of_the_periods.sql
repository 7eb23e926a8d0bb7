-- A service's day in production has the same figures in both marts, up to the newest day that any source was read.
with

daily as (
    select
        tenant_id,
        service,
        day,
        deployment_count,
        failed_count,
        rollback_count,
        change_failure_count,
        rework_count,
        change_count,
        n,
        lead_time_p50_seconds,
        lead_time_p75_seconds,
        lead_time_p90_seconds,
        recovered_count,
        recovery_p50_seconds
    from {{ ref('dora_daily') }}
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where environment_class = 'production' and day <= tenants.today
),

periods as (
    select
        tenant_id,
        scope as service,
        first_day as day,
        deployment_count,
        failed_count,
        rollback_count,
        change_failure_count,
        rework_count,
        change_count,
        n,
        lead_time_p50_seconds,
        lead_time_p75_seconds,
        lead_time_p90_seconds,
        recovered_count,
        recovery_p50_seconds
    from {{ ref('dora_periods') }}
    where scope_kind = 'service' and period_kind = 'day'
)

(
    select * from daily
    except
    select * from periods
)
union all
(
    select * from periods
    except
    select * from daily
)

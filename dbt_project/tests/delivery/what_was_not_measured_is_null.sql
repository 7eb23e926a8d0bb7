-- A figure is NULL where no case was measured, and only there: 0 would say that something took no time.
select
    tenant_id,
    scope_kind,
    scope,
    period_kind,
    first_day
from {{ ref('dora_periods') }}
where
    (n = 0) <> (lead_time_p50_seconds is null)
    or (merged_count = 0) <> (merge_to_deploy_p50_seconds is null)
    or (recovered_count = 0) <> (recovery_p50_seconds is null)
    or (restored_count = 0) <> (restore_p50_seconds is null)
    or (deployment_count = 0) <> (rework_rate is null)
    or (deployment_count = rollback_count) <> (change_failure_rate is null)

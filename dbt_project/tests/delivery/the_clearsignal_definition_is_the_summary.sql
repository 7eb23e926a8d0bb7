-- Every figure of dora_summary that dora_definitions shows otherwise, or lacks.
select
    tenant_id,
    summary.scope_kind,
    summary.scope,
    summary.window_days,
    summary.metric
from {{ ref('dora_summary') }} as summary
left join {{ ref('dora_definitions') }} as definitions using (tenant_id, scope_kind, scope, window_days, metric)
where
    summary.metric in ('lead_time', 'deployment_frequency', 'change_failure_rate', 'recovery_time')
    and coalesce(definitions.definition, 'clearsignal') = 'clearsignal'
    and (summary.value, summary.n, summary.unit) is distinct from (definitions.value, definitions.n, definitions.unit)

-- What a week or a month counts is what its days count: no case is lost at an edge, none counts twice.
-- (Of incidents from the first deployment on: one that was over before stands in the period and on no day.)
select
    longer.tenant_id,
    longer.scope_kind,
    longer.scope,
    longer.period_kind,
    longer.first_day
from {{ ref('dora_periods') }} as longer
inner join {{ ref('dora_periods') }} as days
    on
        longer.tenant_id = days.tenant_id
        and longer.scope_kind = days.scope_kind
        and longer.scope = days.scope
        and days.first_day between longer.first_day and longer.last_day
where longer.period_kind in ('week', 'month') and days.period_kind = 'day'
group by longer.tenant_id, longer.scope_kind, longer.scope, longer.period_kind, longer.first_day
having
    sum(days.deployment_count) <> max(longer.deployment_count)
    or sum(days.failed_count) <> max(longer.failed_count)
    or sum(days.rollback_count) <> max(longer.rollback_count)
    or sum(days.change_failure_count) <> max(longer.change_failure_count)
    or sum(days.rework_count) <> max(longer.rework_count)
    or sum(days.change_count) <> max(longer.change_count)
    or sum(days.n) <> max(longer.n)
    or sum(days.merged_count) <> max(longer.merged_count)
    or sum(days.recovered_count) <> max(longer.recovered_count)
    or (min(days.first_day) = longer.first_day and sum(days.incident_count) <> max(longer.incident_count))
    or (min(days.first_day) = longer.first_day and sum(days.restored_count) <> max(longer.restored_count))
    or sum(days.observed_days) <> max(longer.observed_days)

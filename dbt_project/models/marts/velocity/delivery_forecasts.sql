-- One row per project and scope of open work. A scope that cannot be forecast has the reason instead of dates.
{{ config(unique_key=['tenant_id', 'source', 'project', 'scope_kind', 'scope_id'], touched='all_tenants') }}
select
    tenant_id,
    source,
    project,
    scope_kind,
    scope_id,
    scope,
    made_on,
    remaining_count,
    day_p50,
    day_p85,
    day_p95,
    week_count,
    weekly_mean,
    backtest_n,
    coverage_85,
    refusal_reason
from {{ source('ml', 'delivery_forecasts') }}
where tenant_id in (select tenant_id from {{ source('app', 'tenant') }})

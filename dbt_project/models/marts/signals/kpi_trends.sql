-- noqa: disable=all
-- (Without dbt's graph, which the linter lacks, `judged` renders no SQL.)
-- One row per series and window of days. A window without enough to go by has the reason instead of a trend.
{{ config(unique_key=['tenant_id', 'metric', 'entity', 'window_days'], touched='all_tenants') }}
with

trends as (
    select * from {{ source('ml', 'kpi_trends') }}
    where tenant_id in (select tenant_id from {{ source('app', 'tenant') }})
),

-- What the marts' YAML says of their series; of the others nobody can say in general which way is better.
judged (metric, better) as (
    {{ better_directions() }}
)

select
    trends.tenant_id,
    trends.metric,
    trends.entity,
    trends.window_days,
    trends.made_on,
    trends.measured_days,
    trends.coverage,
    trends.level,
    trends.slope,
    trends.slope_lower_95,
    trends.slope_upper_95,
    trends.change_ratio_30d,
    trends.direction,
    judged.better,
    case
        when trends.direction in ('up', 'down')
            then (trends.direction = 'up') = (judged.better = 'higher')
    end as is_good,
    trends.tau,
    trends.p_value,
    trends.variance_factor,
    trends.trend_strength,
    trends.week_strength,
    trends.refusal_reason
from trends
left join judged on trends.metric = judged.metric

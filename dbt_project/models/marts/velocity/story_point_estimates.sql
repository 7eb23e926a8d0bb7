-- One row per open Jira issue without story points. An issue that cannot be estimated has the reason instead.
{{ config(unique_key=['tenant_id', 'issue_id'], touched='all_tenants') }}
select
    estimates.tenant_id,
    estimates.issue_id,
    items.key,
    items.project,
    items.team,
    estimates.made_on,
    estimates.estimate,
    estimates.low,
    estimates.high,
    estimates.n,
    estimates.known_n,
    estimates.neighbours::jsonb as neighbours,
    estimates.mean_error,
    estimates.mean_error_of_median,
    estimates.mean_error < estimates.mean_error_of_median as beats_median,
    estimates.backtest_n,
    estimates.refusal_reason
from {{ source('ml', 'story_point_estimates') }} as estimates
-- What was estimated, done or deleted since is open without points no longer.
inner join {{ ref('int_throughput__work_items') }} as items
    on
        estimates.tenant_id = items.tenant_id
        and estimates.issue_id = items.issue_id
        and items.status = 'open'
        and items.story_points is null

-- One row per change (a merged pull request, or a commit without one), service and environment: what first delivered it.
with

changes as (
    select
        tenant_id,
        'pull_request' as change_kind,
        pull_request_id::text as change_id,
        service,
        environment,
        environment_class,
        deployment_id,
        repository,
        merge_commit_sha as sha,
        number,
        title,
        authored_at,
        merged_at,
        deployed_at,
        attribution_method,
        is_baseline,
        is_bot
    from {{ ref('int_changes__pull_requests') }}
    union all
    select
        tenant_id,
        'commit' as change_kind,
        sha as change_id,
        service,
        environment,
        environment_class,
        deployment_id,
        repository,
        sha,
        null as number,
        split_part(message, e'\n', 1) as title,
        authored_at,
        null as merged_at,
        deployed_at,
        attribution_method,
        is_baseline,
        is_bot
    from {{ ref('int_changes__commits') }}
)

select
    *,
    -- What the baseline brought has no lead time that we saw; a commit from the future has none either.
    case
        when not is_baseline and deployed_at >= authored_at
            then extract(epoch from deployed_at - authored_at)::double precision
    end as lead_time_seconds
from changes

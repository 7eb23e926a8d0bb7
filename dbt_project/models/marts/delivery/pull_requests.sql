-- One row per pull request.
{{ config(unique_key=['tenant_id', 'pull_request_id']) }}
with

pulls as (
    select
        *,
        -- A review before it was ready began with it; one that never came ended with the merge. So the parts sum.
        least(greatest(coalesce(first_review_at, merged_at), ready_at), merged_at) as reviewed_at,
        least(
            greatest(coalesce(first_approval_at, merged_at), coalesce(first_review_at, ready_at), ready_at), merged_at
        ) as approved_at,
        case when deploy_started_at is not null then greatest(deploy_started_at, merged_at) end as shipping_at,
        first_commit_at > opened_at as is_first_commit_after_opening
    from {{ ref('int_pull_requests__timestamps') }}
    where {{ of_touched_tenants() }}
)

select
    tenant_id,
    pull_request_id,
    repository,
    number,
    title,
    state_name as state,
    author,
    is_bot,
    coalesce(is_draft, false) as is_draft,
    labels,
    first_commit_at,
    opened_at,
    ready_at,
    first_review_at,
    first_approval_at,
    merged_at,
    deploy_started_at,
    deployed_at,
    closed_at,
    updated_at,
    case
        when not is_first_commit_after_opening and first_commit_at <= ready_at
            then extract(epoch from ready_at - first_commit_at)::double precision
    end as coding_seconds,
    case when ready_at <= merged_at then extract(epoch from reviewed_at - ready_at)::double precision end as pickup_seconds,
    case when ready_at <= merged_at then extract(epoch from approved_at - reviewed_at)::double precision end as review_seconds,
    case when ready_at <= merged_at then extract(epoch from merged_at - approved_at)::double precision end
        as merge_wait_seconds,
    extract(epoch from shipping_at - merged_at)::double precision as deploy_wait_seconds,
    extract(epoch from deployed_at - shipping_at)::double precision as deploy_run_seconds,
    case
        when not is_first_commit_after_opening and first_commit_at <= ready_at and ready_at <= merged_at
            then extract(epoch from deployed_at - first_commit_at)::double precision
    end as total_seconds,
    coalesce(is_first_commit_after_opening, false) as is_first_commit_after_opening,
    review_rounds,
    reviewer_count,
    additions,
    deletions,
    changed_file_count,
    methods.merge_method,
    url
from pulls
left join {{ ref('int_pull_requests__merge_methods') }} as methods using (tenant_id, pull_request_id)

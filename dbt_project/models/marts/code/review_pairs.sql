-- One row per repository, week, author and reviewer: the reviewer-author matrix.
{{ config(unique_key=['tenant_id', 'repository', 'week', 'author', 'reviewer']) }}
with

-- Each pull request counts once for a reviewer, in the week of their first review of it, so that weeks add up.
pairs as (
    select
        tenant_id,
        repository,
        pull_request_id,
        coalesce(author, 'ghost') as author,
        coalesce(reviewer, 'ghost') as reviewer,
        min(submitted_at) as first_submitted_at,
        count(*) as review_count,
        count(*) filter (where state_name = 'APPROVED') as approval_count,
        count(*) filter (where state_name = 'CHANGES_REQUESTED') as change_request_count
    from {{ ref('int_pull_requests__reviews') }}
    where {{ of_touched_tenants() }} and not is_of_bot
    group by 1, 2, 3, 4, 5
)

select
    pairs.tenant_id,
    pairs.repository,
    date_trunc('week', {{ local_day('pairs.first_submitted_at', 'tenants.time_zone') }})::date as week,
    pairs.author,
    pairs.reviewer,
    count(*) as pull_request_count,
    sum(pairs.review_count)::bigint as review_count,
    sum(pairs.approval_count)::bigint as approval_count,
    sum(pairs.change_request_count)::bigint as change_request_count
from pairs
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
group by 1, 2, 3, 4, 5

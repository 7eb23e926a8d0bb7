-- One row per repository, week, author and reviewer: the reviewer-author matrix.
{{ config(unique_key=['tenant_id', 'repository', 'week', 'author', 'reviewer']) }}

-- Each pull request counts once for a reviewer, in the week of their first review of it, so that weeks add up.
select
    pairs.tenant_id,
    pairs.repository,
    date_trunc('week', {{ local_day('pairs.first_submitted_at', 'tenants.time_zone') }})::date as week,
    pairs.author,
    pairs.reviewer,
    pairs.is_cross_team,
    count(*) as pull_request_count,
    sum(pairs.review_count)::bigint as review_count,
    sum(pairs.approval_count)::bigint as approval_count,
    sum(pairs.change_request_count)::bigint as change_request_count
from {{ ref('int_pull_requests__review_pairs') }} as pairs
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
where {{ of_touched_tenants('pairs.tenant_id') }}
group by 1, 2, 3, 4, 5, 6

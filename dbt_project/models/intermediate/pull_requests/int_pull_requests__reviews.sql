-- One row per review that counts: by a human who is not the author, and not later than the merge.
select
    reviews.tenant_id,
    pulls.pull_request_id,
    pulls.repository,
    pulls.author,
    pulls.is_bot as is_of_bot,
    reviews.reviewer,
    reviews.state_name,
    reviews.submitted_at
from {{ ref('stg_github__reviews') }} as reviews
inner join {{ ref('stg_github__pull_requests') }} as pulls
    on
        reviews.tenant_id = pulls.tenant_id
        and reviews.connection_id = pulls.connection_id
        and reviews.repository = pulls.repository
        and reviews.pull_request_number = pulls.number
where
    not reviews.is_bot
    and reviews.reviewer is distinct from pulls.author
    and reviews.state_name <> 'PENDING'
    and reviews.submitted_at <= coalesce(pulls.merged_at, reviews.submitted_at)

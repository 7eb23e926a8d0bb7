-- One row per review that counts: by a human who is not the author, and not later than the merge.
-- Author and reviewer are people: under another login of theirs, which somebody said is theirs, they are the same.
with

reviews as (
    select
        reviews.*,
        coalesce(merged.person, reviews.reviewer) as person
    from {{ ref('stg_github__reviews') }} as reviews
    left join {{ ref('int_people__merged') }} as merged
        on reviews.tenant_id = merged.tenant_id and lower(reviews.reviewer) = merged.alias
),

pulls as (
    select
        pulls.*,
        coalesce(merged.person, pulls.author) as person
    from {{ ref('stg_github__pull_requests') }} as pulls
    left join {{ ref('int_people__merged') }} as merged
        on pulls.tenant_id = merged.tenant_id and lower(pulls.author) = merged.alias
)

select
    reviews.tenant_id,
    pulls.pull_request_id,
    pulls.repository,
    pulls.person as author,
    pulls.is_bot as is_of_bot,
    reviews.person as reviewer,
    reviews.state_name,
    reviews.submitted_at
from reviews
inner join pulls
    on
        reviews.tenant_id = pulls.tenant_id
        and reviews.connection_id = pulls.connection_id
        and reviews.repository = pulls.repository
        and reviews.pull_request_number = pulls.number
where
    not reviews.is_bot
    and reviews.person is distinct from pulls.person
    and reviews.state_name <> 'PENDING'
    and reviews.submitted_at <= coalesce(pulls.merged_at, reviews.submitted_at)

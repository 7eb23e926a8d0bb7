-- One row per review that counts: by a human who is not the author, and not later than the merge.
-- Author and reviewer are people: under another login of theirs, which somebody said is theirs, they are the same.
select
    reviews.tenant_id,
    pulls.connection_id,
    pulls.pull_request_id,
    pulls.repository,
    pulls.number,
    coalesce(of_author.person, pulls.author) as author,
    pulls.is_bot as is_of_bot,
    coalesce(of_reviewer.person, reviews.reviewer) as reviewer,
    reviews.state_name,
    reviews.submitted_at
from {{ ref('stg_github__reviews') }} as reviews
inner join {{ ref('stg_github__pull_requests') }} as pulls
    on
        reviews.tenant_id = pulls.tenant_id
        and reviews.connection_id = pulls.connection_id
        and reviews.repository = pulls.repository
        and reviews.pull_request_number = pulls.number
left join {{ ref('int_people__merged') }} as of_author
    on pulls.tenant_id = of_author.tenant_id and lower(pulls.author) = of_author.alias
left join {{ ref('int_people__merged') }} as of_reviewer
    on reviews.tenant_id = of_reviewer.tenant_id and lower(reviews.reviewer) = of_reviewer.alias
where
    not reviews.is_bot
    and coalesce(of_reviewer.person, reviews.reviewer) is distinct from coalesce(of_author.person, pulls.author)
    and reviews.state_name <> 'PENDING'
    and reviews.submitted_at <= coalesce(pulls.merged_at, reviews.submitted_at)

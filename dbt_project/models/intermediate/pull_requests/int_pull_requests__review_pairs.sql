-- One row per pull request (of a person) and reviewer, and whether they are of different teams.
with

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
    where not is_of_bot
    group by 1, 2, 3, 4, 5
),

memberships as (
    select
        tenant_id,
        person,
        array_agg(team) as teams
    from {{ ref('int_people__teams') }}
    group by tenant_id, person
)

select
    pairs.*,
    not authors.teams && reviewers.teams as is_cross_team
from pairs
left join memberships as authors on pairs.tenant_id = authors.tenant_id and lower(pairs.author) = authors.person
left join memberships as reviewers on pairs.tenant_id = reviewers.tenant_id and lower(pairs.reviewer) = reviewers.person

-- One row per pull request with the team whose calendar it follows.
with

owners as (
    select
        tenant_id,
        repository,
        array_agg(team order by team) as teams
    from {{ ref('int_teams__repositories') }}
    group by tenant_id, repository
),

memberships as (
    select
        tenant_id,
        person,
        array_agg(team order by team) as teams
    from {{ ref('int_people__teams') }}
    group by tenant_id, person
)

-- The team of the repository; where several have it, or none has, the only one of these, or of all, that the author is in.
select
    pulls.tenant_id,
    pulls.pull_request_id,
    case
        when cardinality(owners.teams) = 1 then owners.teams[1]
        when owners.teams is not null
            then (
                select min(team) from unnest(owners.teams) as team
                where team = any(memberships.teams)
                having count(*) = 1
            )
        when cardinality(memberships.teams) = 1 then memberships.teams[1]
    end as team
from {{ ref('int_pull_requests__timestamps') }} as pulls
left join {{ ref('int_people__merged') }} as merged
    on pulls.tenant_id = merged.tenant_id and lower(pulls.author) = merged.alias
left join owners on pulls.tenant_id = owners.tenant_id and pulls.repository = owners.repository
left join memberships
    on pulls.tenant_id = memberships.tenant_id and lower(coalesce(merged.person, pulls.author)) = memberships.person

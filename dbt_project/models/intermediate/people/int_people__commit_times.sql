-- One row per commit that somebody wrote, with the time on the wall where their team works, else the repository's team.
with

members as (
    select
        tenant_id,
        person,
        min(team) as team
    from {{ ref('int_people__teams') }}
    group by tenant_id, person
    having count(*) = 1
),

owners as (
    select
        tenant_id,
        repository,
        min(team) as team
    from {{ ref('int_teams__repositories') }}
    group by tenant_id, repository
    having count(*) = 1
)

select
    commits.tenant_id,
    commits.repository,
    commits.sha,
    commits.person,
    commits.authored_at,
    commits.authored_at at time zone calendars.time_zone as local_time
from {{ ref('int_people__commits') }} as commits
left join members on commits.tenant_id = members.tenant_id and lower(commits.person) = members.person
left join owners on commits.tenant_id = owners.tenant_id and commits.repository = owners.repository
inner join {{ ref('int_teams__calendars') }} as calendars
    on
        commits.tenant_id = calendars.tenant_id
        and coalesce(members.team, owners.team, '') = coalesce(calendars.team, '')

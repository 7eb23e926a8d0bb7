-- One row per repository that is a team's: the teams that it belongs to.
select
    tenant_id,
    repository,
    array_agg(team order by team) as teams
from {{ ref('int_teams__repositories') }}
group by tenant_id, repository

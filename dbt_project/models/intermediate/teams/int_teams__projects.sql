-- One row per tenant, team, source and project of issues that is the team's.
select
    tenant_id,
    team,
    source,
    project
from {{ source('app', 'team_project') }}

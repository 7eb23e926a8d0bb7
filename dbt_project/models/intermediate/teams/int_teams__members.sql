-- One row per tenant, team and person in it; a person may be in several teams.
select
    tenant_id,
    team,
    person
from {{ source('app', 'team_member') }}

-- One row per tenant, team and repository that is the team's; a repository may be shared.
with

repositories as (
    select
        tenant_id,
        repository
    from {{ ref('stg_github__repositories') }}
    union
    select
        tenant_id,
        repository
    from {{ ref('stg_git__branches') }}
)

select distinct
    repositories.tenant_id,
    rules.team,
    repositories.repository
from repositories
inner join {{ source('app', 'team_repository') }} as rules
    on
        repositories.tenant_id = rules.tenant_id
        and repositories.repository like {{ glob_to_like('rules.repository') }}

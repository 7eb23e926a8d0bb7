-- One row per part (service, repository, issue_project) and scope in which what belongs to it counts.
select
    parts.tenant_id,
    parts.part,
    parts.name,
    scopes.scope_kind,
    scopes.scope
from {{ ref('int_portfolio__parts') }} as parts
inner join lateral (
    values ('project', parts.project), ('portfolio', parts.portfolio)
) as scopes (scope_kind, scope) on true
where scopes.scope is not null

union all

select
    tenant_id,
    'repository' as part,
    repository as name,
    'team' as scope_kind,
    team as scope
from {{ ref('int_teams__repositories') }}

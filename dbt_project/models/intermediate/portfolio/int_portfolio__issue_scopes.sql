-- One row per issue and scope in which it counts. The tenant's issues without an objective are `unlinked`.
with

issues as (
    select * from {{ ref('int_portfolio__issues') }}
),

scopes as (
    select tenant_id, issue_id, 'tenant' as scope_kind, 'all' as scope
    from issues
    union all
    select tenant_id, issue_id, 'objective' as scope_kind, coalesce(objective, 'unlinked') as scope
    from issues
    where tenant_id in (select objectives.tenant_id from {{ source('app', 'objective') }} as objectives)
    union all
    select issues.tenant_id, issues.issue_id, scopes.scope_kind, scopes.scope
    from issues
    inner join {{ ref('int_portfolio__scopes') }} as scopes
        on
            issues.tenant_id = scopes.tenant_id
            and issues.project = scopes.name
            and scopes.part = 'issue_project'
    union
    select issues.tenant_id, issues.issue_id, 'team' as scope_kind, projects.team as scope
    from issues
    inner join {{ ref('int_teams__projects') }} as projects using (tenant_id, source, project)
    union
    -- The tracker's own field names the team.
    select issues.tenant_id, issues.issue_id, 'team' as scope_kind, teams.team as scope
    from issues
    inner join {{ source('app', 'team') }} as teams
        on issues.tenant_id = teams.tenant_id and lower(issues.team) = lower(teams.team)
)

select
    scopes.scope_kind,
    scopes.scope,
    issues.*
from scopes
inner join issues using (tenant_id, issue_id)

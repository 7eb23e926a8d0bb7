-- One row per issue: the teams, the project and the portfolio that it belongs to, beside the objective that it serves.
select
    issues.*,
    nullif(
        array(select distinct team from unnest(projects.teams || named.teams) as team order by team), '{}'
    ) as teams,
    parts.project as portfolio_project,
    parts.portfolio,
    case
        when issues.tenant_id in (select objectives.tenant_id from {{ source('app', 'objective') }} as objectives)
            then coalesce(issues.objective, 'unlinked')
    end as objective_or_unlinked
from {{ ref('int_portfolio__issues') }} as issues
left join (
    select tenant_id, source, project, array_agg(team) as teams
    from {{ ref('int_teams__projects') }}
    group by tenant_id, source, project
) as projects using (tenant_id, source, project)
-- The tracker's own field names the team.
left join (
    select tenant_id, lower(team) as name, array_agg(team) as teams
    from {{ source('app', 'team') }}
    group by tenant_id, lower(team)
) as named
    on issues.tenant_id = named.tenant_id and lower(issues.team) = named.name
left join {{ ref('int_portfolio__parts') }} as parts
    on
        issues.tenant_id = parts.tenant_id
        and issues.project = parts.name
        and parts.part = 'issue_project'

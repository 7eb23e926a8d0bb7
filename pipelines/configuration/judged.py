"""What rules of a kind judge, and how: the same things, in the same way, as the models do.

Each query gives (name, count, now) of things in the published marts; `fits` says whether a rule, with its globs as LIKE
patterns, takes a thing, and `then` what the thing would be.
"""

from msgspec import Struct


class Judged(Struct, frozen=True):
    """The things that a kind of rules judges, named by `things`.

    Of the rules that fit a thing the first one takes it, in the order of `first`; `place` is that in the list.
    `excludes` says whether it takes the thing out.
    """

    things: str
    query: str
    fits: str
    then: str
    first: str = "place"
    excludes: str = "false"


PATTERN = "lower(rule ->> 'pattern')"
LABEL = f"exists (select from unnest(thing.labels) as label where lower(label) like {PATTERN})"
CLASSES = (
    "select source || ': ' || concat_ws(', ', type, priority, nullif(array_to_string(labels, ', '), '')) as name,"
    " source, type, priority, labels, issue_count as count, {now} as now from marts.issue_classes"
)
OF_CLASS = f"""
    rule ->> 'source' = thing.source and case
        when rule ->> 'field' in ('issue_type', 'type') then lower(thing.type) like {PATTERN}
        when rule ->> 'field' = 'priority' then lower(thing.priority) like {PATTERN}
        when rule ->> 'field' = 'default' then true
        else {LABEL}
    end
"""
# A target, and whether it is met: as the mart says, or as it would say.
MET = """
    case
        when {target} is null then 'no target'
        when {is_met} then concat({target}, ': met')
        when not {is_met} then concat({target}, ': missed')
        else concat({target}, ': not measured')
    end
"""
TRIED = "(rule ->> 'value')::double precision"
JUDGED = {
    "deployment_rules": Judged(
        "runs, deployments, releases and tags",
        """
        select origin || ' ' || repository || ': ' || subject as name, origin, repository, subject,
            sum(candidate_count) as count,
            case
                when sum(deployment_count) > 0 then 'a deployment'
                when sum(excluded_count) > 0 then 'excluded'
                else 'none'
            end as now
        from marts.deployment_candidates group by origin, repository, subject
        """,
        "rule ->> 'origin' = thing.origin and thing.repository like rule ->> 'repository'"
        " and exists (select from jsonb_array_elements_text(rule -> 'pattern') as pattern (glob)"
        " where thing.subject like glob)",
        "case rule ->> 'is_deployment' when 'true' then 'a deployment' when 'false' then 'excluded' else 'none' end",
        excludes="not (rule ->> 'is_deployment')::boolean",
    ),
    "environment_rules": Judged(
        "deployments",
        "select environment as name, count(*) as count, min(environment_class) as now from marts.deployments"
        " group by environment",
        f"thing.name like {PATTERN}",
        "coalesce(rule ->> 'environment_class', 'no deployment')",
    ),
    "incident_rules": Judged(
        "issues",
        CLASSES.format(now="case when is_incident then 'incidents' else 'none' end"),
        OF_CLASS,
        "case when (rule ->> 'is_incident')::boolean then 'incidents' else 'none' end",
        excludes="not (rule ->> 'is_incident')::boolean",
    ),
    "severity_rules": Judged(
        "issues", CLASSES.format(now="'severity ' || severity"), OF_CLASS, "'severity ' || (rule ->> 'severity')"
    ),
    "project_parts": Judged(
        "services, repositories and projects of trackers",
        """
        select part || ' ' || part_name as name, part, part_name, 1 as count, coalesce(project, 'no project') as now
        from marts.project_members
        """,
        "rule ->> 'part' = thing.part and thing.part_name like rule ->> 'pattern'",
        "coalesce(rule ->> 'project', 'no project')",
    ),
    "objective_rules": Judged(
        "issues",
        """
        select source || ' ' || project || concat(' ', labels, ' ', epics) as name, source, project, labels, epics,
            count(*) as count, coalesce(objective, 'no objective') as now
        from marts.objective_issues group by source, project, labels, epics, objective
        """,
        f"""
        coalesce(rule ->> 'source', thing.source) = thing.source and case rule ->> 'field'
            when 'project' then lower(thing.project) like {PATTERN}
            when 'epic' then exists (select from unnest(thing.epics) as epic where lower(epic) like {PATTERN})
            else {LABEL}
        end
        """,
        "coalesce(rule ->> 'objective', 'no objective')",
    ),
    "portfolio_projects": Judged(
        "parts of projects",
        "select project as name, count(*) as count, coalesce(portfolio, 'no portfolio') as now"
        " from marts.project_members where project is not null group by project, portfolio",
        "rule ->> 'project' = thing.name",
        "coalesce(rule ->> 'portfolio', 'no portfolio')",
    ),
    "objectives": Judged(
        "issues that serve an objective",
        "select objective as name, count(*) as count, 'an objective' as now from marts.objective_issues"
        " where objective is not null group by objective",
        "rule ->> 'objective' = thing.name",
        "case when rule is null then 'none, though rules name it' else 'an objective' end",
    ),
    "targets": Judged(
        "figures of the last 30 days",
        f"""
        select title || ' of ' || scope as name, 1 as count,
            {MET.format(target="target", is_met="is_target_met")} as now,
            definition_id, scope_kind, scope, value, better, as_of
        from marts.executive_kpis where window_days = 30
        """,
        "rule ->> 'metric' = thing.definition_id and rule ->> 'scope_kind' = thing.scope_kind"
        " and rule ->> 'scope' = thing.scope and (rule ->> 'valid_from')::date <= thing.as_of",
        MET.format(
            target=TRIED,
            is_met=f"(case thing.better when 'lower' then thing.value <= {TRIED} else thing.value >= {TRIED} end)",
        ),
        first="rule ->> 'valid_from' desc, place",
    ),
    "risk_rules": Judged(
        "risks that there are now",
        "select rule || ': ' || name as name, 1 as count, 'severity ' || severity as now, rule as kind, measured"
        " from marts.risks",
        "rule ->> 'rule' = thing.kind",
        """
        case
            when rule is null or rule ->> 'is_enabled' = 'false' then 'no risk'
            when thing.kind = 'bus_factor' and thing.measured > (rule ->> 'threshold')::double precision then 'no risk'
            when thing.kind <> 'bus_factor' and thing.measured < (rule ->> 'threshold')::double precision then 'no risk'
            else 'severity ' || (rule ->> 'severity')
        end
        """,
    ),
    "service_paths": Judged(
        "files whose complexity is measured",
        "select repository || ' ' || path as name, 1 as count, repository, path, '' as now from marts.hotspots",
        "thing.repository like rule ->> 'repository' and thing.path like rule ->> 'path'",
        "''",  # whose a file was is in no mart
    ),
    "teams": Judged(
        "pull requests by repository and author",
        "select repository || ' of ' || coalesce(author, 'nobody') as name, count(*) as count, repository,"
        " lower(author) as author, '' as now from marts.pull_requests group by repository, author",
        "exists (select from jsonb_array_elements_text(rule -> 'repositories') as owned (pattern)"
        " where thing.repository like owned.pattern)"
        " or exists (select from jsonb_array_elements_text(rule -> 'members') as member (login)"
        " where lower(member.login) = thing.author)",
        "''",  # whose a pull request is hangs on all teams together and on who is one person: the models tell
    ),
    "holidays": Judged(
        "pull requests merged on a day",
        """
        select to_char(day, 'YYYY-MM-DD') || coalesce(' ' || team, '') as name, day, team, count(*) as count,
            case when exists (
                select from app.holiday
                where holiday.day = merged.day and (holiday.team is null or holiday.team = merged.team)
            ) then 'a day off' else 'a day of work or of the weekend' end as now
        from (
            select team, (merged_at at time zone tenant.time_zone)::date as day
            from marts.pull_requests cross join app.tenant where merged_at is not null
        ) as merged
        group by day, team
        """,
        "(rule ->> 'day')::date = thing.day and (rule ->> 'team' is null or rule ->> 'team' = thing.team)",
        "case when rule is null then 'a day of work or of the weekend' else 'a day off' end",
    ),
    "settings": Judged(
        "deployments by a quarter of an hour",
        """
        select to_char(quarter at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' as name, count(*) as count, quarter,
            to_char(quarter at time zone tenant.time_zone, 'YYYY-MM-DD') as now, tenant.time_zone
        from (select date_bin('15 minutes', finished_at, 'epoch') as quarter from marts.deployments) as deployments
        cross join app.tenant
        where quarter is not null
        group by quarter, tenant.time_zone
        """,
        "rule ->> 'name' = 'time_zone'",
        "to_char(thing.quarter at time zone coalesce(rule ->> 'value', thing.time_zone), 'YYYY-MM-DD')",
    ),
}

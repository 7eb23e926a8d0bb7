"""What rules of a kind judge, and how: the same things, in the same way, as the models do.

Each query gives (name, count, now) of things in the published marts; `fits` says whether a rule, with its globs as LIKE
patterns, takes a thing, and `then` what the thing would be.
"""

from msgspec import Struct


class Judged(Struct, frozen=True):
    """The things that a kind of rules judges, named by `things`."""

    things: str
    query: str
    fits: str
    then: str


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
JUDGED = {
    "deployment_rules": Judged(
        "runs, deployments, releases and tags",
        """
        select origin || ' ' || repository || ': ' || subject as name, origin, repository, subject,
            sum(candidate_count) as count,
            case when sum(deployment_count) > 0 then 'a deployment' else 'none' end as now
        from marts.deployment_candidates group by origin, repository, subject
        """,
        "rule ->> 'origin' = thing.origin and thing.repository like rule ->> 'repository'"
        " and thing.subject like rule ->> 'pattern'",
        "case when rule is null then 'none' else 'a deployment' end",
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
}

# ruff: noqa: E501 (queries are read by their clauses)
"""The rows of one tenant of a large company, a query a raw table: columns, and what gives them for the numbers given.

A repository takes five pull requests in a row and is deployed at the fifth, then comes the next repository's turn.
"""

REPOSITORIES, PROJECTS, PEOPLE, SPRINT_DAYS = 10, 5, 40, 14
ONCE = {"repositories", "branches", "statuses", "fields", "issue_types", "boards"}

NUMBERS = "generate_series(%(first)s, %(last)s - 1) as n"
TICKETS = "generate_series(%(first)s * 3 / 2, %(last)s * 3 / 2 - 1) as n"  # of Jira
REPORTS = "generate_series(%(first)s / 2, %(last)s / 2 - 1) as n"  # of GitHub
AT = "%(start)s + %(step)s * n"  # when it was merged
TICKET_AT = "%(start)s + %(step)s * n * 2 / 3"
REPORT_AT = "%(start)s + %(step)s * n * 2"
REPOSITORY = "'acme/service-' || n / 5 %% %(repositories)s"


def hours(kind: str, most: int) -> str:
    """Up to so many hours, another for each number."""
    return f"interval '1 second' * (hashint4(n + {sum(map(ord, kind))}) & 65535) * {most} * 3600 / 65536"


def sha(kind: str, number: str = "n") -> str:
    """The sha of a commit: `merge`, `work` or `fix` of a pull request."""
    return f"md5('{kind}' || ({number})) || '00000000'"


def person(kind: str, number: str = "n") -> str:
    return (
        f"jsonb_build_object('type', 'User', 'login', 'dev-' || (({number}) * 7 + {sum(map(ord, kind))}) %% {PEOPLE})"
    )


def status(number: str) -> str:
    """A status of Jira by its number."""
    return (
        f"jsonb_build_object('id', ({number})::text, 'name', (array['To Do', 'Doing', 'Done'])[{number}],"
        f" 'statusCategory', jsonb_build_object('key', (array['new', 'indeterminate', 'done'])[{number}]))"
    )


BEFORE = "case when n %% 5 > 0 then n - 1 else n - 5 * (%(repositories)s - 1) - 1 end"  # the repository's one before
OPENED = f"{AT} - {hours('opened', 72)} - interval '2 hours'"
WORK = f"select n, {AT} as at, {OPENED} as opened, {REPOSITORY} as repository from {NUMBERS}"
COMMITTED = f"""
select n, repository, 'merge' as kind, at as made, array[{sha("merge", BEFORE)}, {sha("fix")}] as parents from ({WORK})
union all
select n, repository, 'work' as kind, opened - {hours("work", 30)} as made, array[{sha("merge", BEFORE)}] from ({WORK})
union all
select n, repository, 'fix' as kind, opened + (at - opened) / 2 as made, array[{sha("work")}] as parents from ({WORK})
"""
DONE = "n %% 10 < 9"
TICKET = f"""
select n, {TICKET_AT} as at, 'P' || n %% %(projects)s as project, {hours("begun", 200)} as wait, {hours("done", 300)} as work,
    n %% %(projects)s * 1000 + floor(extract(epoch from %(step)s * n * 2 / 3) / 86400 / {SPRINT_DAYS})::int as sprint
from {TICKETS}
"""
CHANGES = f"""
select n, 1 as change, at + wait / 2 as made, jsonb_build_object('field', 'Sprint', 'fieldId', 'customfield_10020',
    'from', '', 'to', sprint::text) as item from ({TICKET})
union all
select n, 2 as change, at + wait as made, jsonb_build_object('field', 'status', 'fieldId', 'status',
    'from', '1', 'fromString', 'To Do', 'to', '2', 'toString', 'Doing') as item from ({TICKET})
union all
select n, 3 as change, at + wait + work as made, jsonb_build_object('field', 'status', 'fieldId', 'status',
    'from', '2', 'fromString', 'Doing', 'to', '3', 'toString', 'Done') as item from ({TICKET}) where {DONE}
"""
DEPLOYED = f"select * from ({WORK}) where n %% 5 = 4"

GITHUB = {
    "repositories": (
        "id, repository, name, default_branch, private, archived, created_at",
        "select r, 'acme/service-' || r, 'service-' || r, 'main', false, false, %(start)s"
        " from generate_series(0, %(repositories)s - 1) as r",
    ),
    "branches": (
        "repository, name, sha, protected",
        f"select 'acme/service-' || r, 'main', {sha('merge', 'r * 5 + 4')}, true"
        " from generate_series(0, %(repositories)s - 1) as r",
    ),
    "commits": (
        "repository, sha, message, author_name, author_email, authored_at, committed_at, author, parents",
        f"select repository, {sha('', 'kind || n')}, 'Change ' || n || ' (' || kind || ')', 'Dev', 'dev@acme.example', made,"
        f" made, {person('opened')}, to_jsonb(parents) from ({COMMITTED})",
    ),
    "pull_requests": (
        "id, repository, number, state, title, body, user, draft, created_at, updated_at, closed_at, merged_at,"
        " merge_commit_sha, head, base, labels, additions, deletions, changed_files",
        f"select n, repository, n, 'closed', 'Change ' || n, 'For P' || n %% 5 || '-' || n, {person('opened')}, false, opened,"
        f" at, at, at, {sha('merge')}, jsonb_build_object('ref', 'topic-' || n, 'sha', {sha('fix')}), '{{\"ref\": \"main\"}}'"
        f"::jsonb, '[]'::jsonb, n %% 400, n %% 90, n %% 12 + 1 from ({WORK})",
    ),
    "pull_request_commits": (
        "repository, pull_request_number, sha, position, authored_at, committed_at, author, commit_author_name, message,"
        " parents",
        f"select repository, n, {sha('', 'kind || n')}, case kind when 'work' then 0 else 1 end, made, made,"
        f" {person('opened')}, 'Dev', 'Change ' || n, to_jsonb(parents) from ({COMMITTED}) where kind <> 'merge'",
    ),
    "reviews": (
        "id, repository, pull_request_number, user, state, submitted_at",
        f"select n * 2 + round, repository, n, {person('review')}, case round when 0 then 'CHANGES_REQUESTED' else 'APPROVED'"
        f" end, opened + (at - opened) * (round + 1) / 3 from ({WORK}), generate_series(n %% 2, 1) as round",
    ),
    "deployments": (
        "id, repository, sha, ref, environment, payload, creator, created_at, updated_at",
        f"select n, repository, {sha('merge')}, 'main', 'Production', '{{}}'::jsonb, {person('opened')},"
        f" at + interval '10 minutes', at + interval '10 minutes' from ({DEPLOYED})",
    ),
    "deployment_statuses": (
        "id, repository, deployment_id, state, created_at",
        f"select n * 2 + done, repository, n, case when done = 0 then 'in_progress' when n / 5 %% 17 = 0 then 'failure'"
        f" else 'success' end, at + interval '10 minutes' * (done + 1) from ({DEPLOYED}), generate_series(0, 1) as done",
    ),
    "issues": (
        "id, repository, number, title, body, user, state, labels, assignees, comments, created_at, updated_at, closed_at",
        f"select 1000000000 + n, {REPOSITORY}, 1000000000 + n, 'It fails ' || n, 'What happens when ' || n,"
        f" {person('opened')}, case when {DONE} then 'closed' else 'open' end, case when n %% 20 = 0 then"
        f" '[{{\"name\": \"incident\"}}]'::jsonb else '[]' end, '[]'::jsonb, 0, {REPORT_AT}, {REPORT_AT} + {hours('close', 90)},"
        f" case when {DONE} then {REPORT_AT} + {hours('close', 90)} end from {REPORTS}",
    ),
}
JIRA = {
    "statuses": (
        "id, name, category_key",
        "values ('1', 'To Do', 'new'), ('2', 'Doing', 'indeterminate'), ('3', 'Done', 'done')",
    ),
    "fields": (
        "id, name, custom, schema_custom",
        "values ('customfield_10016', 'Story point estimate', true, 'com.pyxis.greenhopper.jira:jsw-story-points'),"
        " ('customfield_10020', 'Sprint', true, 'com.pyxis.greenhopper.jira:gh-sprint')",
    ),
    "boards": (
        "id, name, type, project_key",
        "select p, 'Board ' || p, 'scrum', 'P' || p from generate_series(0, %(projects)s - 1) as p",
    ),
    "sprints": (
        "id, board_id, name, state, start_date, end_date, complete_date",
        f"select p * 1000 + s, p, 'Sprint ' || s, case when s < %(last_sprint)s then 'closed' else 'active' end,"
        f" %(start)s + interval '{SPRINT_DAYS} days' * s, %(start)s + interval '{SPRINT_DAYS} days' * (s + 1),"
        f" case when s < %(last_sprint)s then %(start)s + interval '{SPRINT_DAYS} days' * (s + 1) end"
        " from generate_series(0, %(projects)s - 1) as p, generate_series(%(first_sprint)s, %(last_sprint)s) as s",
    ),
    "issues": (
        "id, key, project_key, summary, description_text, issuetype, status, priority, labels, components, assignee, reporter,"
        " story_points, sprints, custom_fields, created, updated, statuscategorychangedate, url",
        f"select n::text, project || '-' || n, project, 'Story ' || n, 'As a user I want ' || n,"
        f' \'{{"name": "Story", "subtask": false}}\'::jsonb, case when {DONE} then {status("3")} else {status("2")} end,'
        " jsonb_build_object('name', (array['Low', 'Medium', 'High'])[n %% 3 + 1]), '[]'::jsonb, '[]'::jsonb,"
        f" jsonb_build_object('displayName', 'Dev ' || n %% {PEOPLE}), jsonb_build_object('displayName', 'Dev ' || n %% 7),"
        " (array[1, 2, 3, 5, 8])[n %% 5 + 1]::float, jsonb_build_array(jsonb_build_object('id', sprint)), '{}'::jsonb, at,"
        f" at + wait + work, at + wait + case when {DONE} then work else interval '0' end,"
        " 'https://acme.example/browse/' || project || '-' || n"
        f" from ({TICKET})",
    ),
    "changelogs": (
        "id, issue_id, created, items",
        f"select (n * 3 + change)::text, n::text, made, jsonb_build_array(item) from ({CHANGES})",
    ),
}
TABLES = {"github": GITHUB, "jira": JIRA}

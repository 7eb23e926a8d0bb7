"""Recorded Jira objects, where the Jira handlers look for theirs. What is absent is derived from the issues."""

from collections import Counter, defaultdict
from typing import Any

from pipelines.simulator.jira_answers import jira_instant
from pipelines.simulator.jira_objects import document
from pipelines.simulator.jira_store import Row
from pipelines.simulator.replay_lines import Folder, Line, ReplayInvalid

SPRINT_SCHEMA = "com.pyxis.greenhopper.jira:gh-sprint"
POINTS_SCHEMA = "com.pyxis.greenhopper.jira:jsw-story-points"
POINTS_NAMES = ("story points", "story point estimate")
AGILE_ONLY = ("sprint", "closedSprints", "epic", "flagged")  # the Agile API's own additions to an issue's fields

Object = dict[str, Any]


class RecordedStore:
    """One recorded site. Any token may read it."""

    def __init__(self, folder: Folder) -> None:
        self.slug = folder.slug
        self.token: str | None = None
        lines = [line for (source, _), found in folder.lines.items() if source == "jira" for line in found]
        sites = Counter(line.site for line in lines if line.site)
        self.base = (
            f"https://{folder.config.get('site') or (sites.most_common(1)[0][0] if sites else 'recorded.invalid')}"
        )
        self._given = {name: [line.body for line in folder.of("jira", name)] for name in ("projects", "statuses", "issue_types", "priorities", "fields", "boards")}  # fmt: skip  # noqa: E501
        self._issues = {str(_need(line, "id")): line for line in folder.of("jira", "issues")}
        self._sprints = {int(_need(line, "id")): line for line in folder.of("jira", "sprints")}
        self._changelogs = _by_issue(folder.of("jira", "changelogs"))
        self._worklogs = _by_issue(folder.of("jira", "worklogs"))
        self._links = _by_issue(folder.of("jira", "remotelinks"))
        zones = Counter(_zones(line.body) for line in self._issues.values())
        del zones[None]
        recorded = zones.most_common(1)[0][0] if zones else "UTC"
        self.time_zone: str = str(folder.config.get("timezone") or recorded or "UTC")
        self._fields = self._derive_fields()
        self._rows = [self._row(line) for line in self._issues.values()]
        self._by_name = {name: row for row in self._rows for name in (row.key, str(row.issue_id))}

    # -- the site

    def myself(self) -> Object:
        account = "557058:000000000001"
        link = f"{self.base}/rest/api/3/user?accountId={account}"
        return {"self": link, "accountId": account, "accountType": "atlassian", "displayName": "Replay", "active": True,
                "timeZone": self.time_zone, "locale": "en_US"}  # fmt: skip

    def projects(self) -> list[Object]:
        """Recorded ones, and those that issues name."""
        found = {str(project["id"]): project for project in self._named("project")}
        for project in found.values():
            project.setdefault("self", f"{self.base}/rest/api/3/project/{project['id']}")
        return list({**found, **{str(project["id"]): project for project in self._given["projects"]}}.values())

    def statuses(self) -> list[Object]:
        return self._given_or_named("statuses", "status")

    def issue_types(self) -> list[Object]:
        return self._given_or_named("issue_types", "issuetype")

    def priorities(self) -> list[Object]:
        return self._given_or_named("priorities", "priority")

    def _given_or_named(self, resource: str, field: str) -> list[Object]:
        found = {str(one["id"]): one for one in self._named(field)}
        return list({**found, **{str(one["id"]): one for one in self._given[resource]}}.values())

    def _named(self, field: str) -> list[Object]:
        """What the issues name in a field, each once."""
        values = (line.body["fields"].get(field) for line in self._issues.values())
        return list({str(value["id"]): dict(value) for value in values if value}.values())

    def all_fields(self) -> list[Object]:
        return self._fields

    def _derive_fields(self) -> list[Object]:
        """The field list as recorded, else made of the fields that issues have and changelogs name."""
        if self._given["fields"]:
            return self._given["fields"]
        names: dict[str, str] = {}
        for line in self._issues.values():
            for history in (line.body.get("changelog") or {}).get("histories", []):
                names |= {item["fieldId"]: item["field"] for item in history["items"] if item.get("fieldId")}
        known = {name for line in self._issues.values() for name in line.body["fields"]} - set(AGILE_ONLY)
        return [self._field(field_id, names.get(field_id, field_id)) for field_id in sorted(known | set(names))]

    def _field(self, field_id: str, name: str) -> Object:
        shown: Object = {"id": field_id, "key": field_id, "name": name, "custom": field_id.startswith("customfield_"),
                         "orderable": True, "navigable": True, "searchable": True, "clauseNames": [name]}  # fmt: skip
        if not shown["custom"]:
            return {**shown, "schema": {"type": "any", "system": field_id}}
        schema: Object = {"type": "any", "customId": int(field_id.removeprefix("customfield_"))}
        if name == "Sprint" or any(
            _looks_like_sprints(line.body["fields"].get(field_id)) for line in self._issues.values()
        ):
            shown["name"] = "Sprint" if name == field_id else name
            schema |= {"type": "array", "items": "json", "custom": SPRINT_SCHEMA}
        elif name.lower() in POINTS_NAMES:
            schema |= {"type": "number", "custom": POINTS_SCHEMA}
        return {**shown, "schema": schema}

    # -- boards and sprints

    def boards(self) -> list[Object]:
        """Recorded ones, and those that the paths of sprints and issues name."""
        recorded = {int(board["id"]): board for board in self._given["boards"]}
        projects: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for line in [*self._issues.values(), *self._sprints.values()]:
            named = line.part("board")
            if named and named.isdigit():
                projects[int(named)][(line.body.get("fields") or {}).get("project", {}).get("key", "")] += 1
        by_key = {project["key"]: project for project in self.projects()}
        derived: dict[int, Object] = {}
        for number, keys in projects.items():
            del keys[""]
            link = f"{self.base}/rest/agile/1.0/board/{number}"
            board: Object = {"id": number, "self": link, "name": f"Board {number}", "type": "scrum"}
            if keys:
                project = by_key[keys.most_common(1)[0][0]]
                board["location"] = {"projectId": int(project["id"]), "projectKey": project["key"],
                                     "projectName": project["name"]}  # fmt: skip
            derived[number] = board
        return [board for _, board in sorted({**derived, **recorded}.items())]

    def sprints(self, board_id: int | None) -> list[Object]:
        """Those that were read from the board's path; without one, from the board that a sprint names itself."""
        found = []
        for line in self._sprints.values():
            of = line.part("board") or line.body.get("originBoardId")
            if board_id is None or str(of) == str(board_id):
                found.append(line.body)
        return found

    def estimation_field(self, board_id: int) -> tuple[str, str] | None:
        found = (f for f in self._fields if (f.get("schema") or {}).get("custom") == POINTS_SCHEMA)
        return next(((field["id"], field["name"]) for field in found), None)

    # -- issues

    def _row(self, line: Line) -> Row:
        body = line.body
        fields = body.get("fields") or {}
        try:
            sprints = [one["id"] for one in self._sprints_of(fields) if isinstance(one, dict)]
            return Row(
                issue_id=int(body["id"]),
                key=body["key"],
                project_key=body["key"].rsplit("-", 1)[0],
                project_id=str((fields.get("project") or {}).get("id", "")),
                created=int(jira_instant(fields["created"])),
                updated=int(jira_instant(fields["updated"])),
                issue_type=(fields.get("issuetype") or {}).get("name", ""),
                status=(fields.get("status") or {}).get("name", ""),
                status_category=((fields.get("status") or {}).get("statusCategory") or {}).get("key", ""),
                labels=tuple(fields.get("labels") or ()),
                sprint_ids=tuple(sprints),
                source=line,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReplayInvalid(f"{line.place}: not an issue ({type(error).__name__}: {error})") from None

    def _sprints_of(self, fields: Object) -> list[Any]:
        return next((value for value in fields.values() if _looks_like_sprints(value)), [])

    def rows(self) -> list[Row]:
        return self._rows

    def find(self, name: str) -> Row | None:
        return self._by_name.get(name)

    def fields(self, row: Row) -> Object:
        """As REST v3 gives them: texts as documents, without the Agile API's additions."""
        found = {name: value for name, value in row.source.body["fields"].items() if name not in AGILE_ONLY}
        if isinstance(found.get("description"), str):
            found["description"] = document(found["description"])
        worklogs = self.worklogs(row)
        if worklogs:
            found["worklog"] = {"startAt": 0, "maxResults": 20, "total": len(worklogs), "worklogs": worklogs[:20]}
        return found

    def histories(self, row: Row) -> list[Object]:
        """Oldest first; the inline changelog is the other way round."""
        inline = (row.source.body.get("changelog") or {}).get("histories", [])
        recorded = self._changelogs.get(str(row.issue_id), [])
        found = {history["id"]: history for history in [*inline, *recorded]}
        return sorted(found.values(), key=lambda history: (jira_instant(history["created"]), int(history["id"])))

    def worklogs(self, row: Row) -> list[Object]:
        inline = (row.source.body["fields"].get("worklog") or {}).get("worklogs") or []
        return list({log["id"]: log for log in [*inline, *self._worklogs.get(str(row.issue_id), [])]}.values())

    def remote_links(self, row: Row) -> list[Object]:
        return list({link["id"]: link for link in self._links.get(str(row.issue_id), [])}.values())


def _need(line: Line, name: str) -> Any:
    if not isinstance(line.body, dict) or line.body.get(name) is None:
        raise ReplayInvalid(f"{line.place}: the object has no {name}")
    return line.body[name]


def _by_issue(lines: list[Line]) -> dict[str, list[Object]]:
    """By the issue that the path names, else the request's input or the object itself."""
    found: defaultdict[str, list[Object]] = defaultdict(list)
    for line in lines:
        _need(line, "id")
        given = line.input.get("issue_id") if isinstance(line.input, dict) else None
        issue = line.part("issue") or given or line.body.get("issueId")
        if issue is None:
            raise ReplayInvalid(f"{line.place}: neither the url nor the object says to which issue it belongs")
        found[str(issue)].append(line.body)
    return dict(found)


def _zones(issue: Object) -> str | None:
    """The zone of somebody who wrote the issue: a guess at the site's."""
    fields = issue.get("fields") or {}
    return next(
        (fields[who]["timeZone"] for who in ("creator", "reporter") if (fields.get(who) or {}).get("timeZone")), None
    )


def _looks_like_sprints(value: Any) -> bool:
    """A list of sprints: objects with a board and a state, or the old text form."""
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    if isinstance(first, str):
        return ".greenhopper." in first and "Sprint@" in first
    return isinstance(first, dict) and "boardId" in first and "state" in first

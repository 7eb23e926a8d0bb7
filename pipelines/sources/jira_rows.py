"""Jira's objects → rows. Story points and sprints are custom fields whose ids differ from site to site."""

import math
import re
from typing import Any, NamedTuple

from pipelines.sources import adf

Object = dict[str, Any]
SPRINT_FIELD = "com.pyxis.greenhopper.jira:gh-sprint"
POINTS_FIELD = "com.pyxis.greenhopper.jira:jsw-story-points"
POINTS_NAMES = ("story points", "story point estimate")
OLD_SPRINT = re.compile(r"^com\.atlassian\.greenhopper[\w.]*\.Sprint@\w+\[(.*)\]$", re.DOTALL)
PLAIN = (
    "summary", "issuetype", "status", "priority", "resolution", "labels", "components", "assignee", "reporter",
    "parent", "issuelinks", "created", "updated", "resolutiondate", "statuscategorychangedate",
)  # fmt: skip
ASKED = ("project", "description", "worklog", *PLAIN)


class CustomFields(NamedTuple):
    """The site's own field ids. Several fields may be called story points; the first that is set counts."""

    sprint: tuple[str, ...]
    points: tuple[str, ...]
    all: tuple[str, ...]


def custom_fields(fields: list[Object]) -> CustomFields:
    """Found by the field's schema, else by its name."""
    sprint, typed, named = [], [], []
    for field in fields:
        custom = (field.get("schema") or {}).get("custom")
        if custom == SPRINT_FIELD:
            sprint.append(field["id"])
        elif custom == POINTS_FIELD:
            typed.append(field["id"])
        elif field.get("custom") and str(field.get("name", "")).strip().lower() in POINTS_NAMES:
            named.append(field["id"])
    every = [field["id"] for field in fields if field.get("custom")]
    return CustomFields(tuple(sprint), (*typed, *named), tuple(every))


def issue(found: Object, custom: CustomFields, base_url: str) -> Object:
    fields = found["fields"]
    points = next((number for name in custom.points if (number := _number(fields.get(name))) is not None), None)
    return {
        **{name: fields.get(name) for name in PLAIN},
        "parent": _named(fields.get("parent")),
        "issuelinks": [_link(one) for one in fields.get("issuelinks") or []],
        "id": found["id"],
        "key": found["key"],
        "project_key": (fields.get("project") or {}).get("key") or found["key"].rsplit("-", 1)[0],
        "description_text": adf.text(fields.get("description")),
        "story_points": points,
        "sprints": [one for name in custom.sprint for one in sprints(fields.get(name))],
        "custom_fields": {
            name: value
            for name, value in fields.items()
            if name.startswith("customfield_") and value is not None and name not in custom.sprint
        },
        "url": f"{base_url.rstrip('/')}/browse/{found['key']}",
    }


def _number(value: Any) -> float | None:
    """Points as a number, from a number or from its text. Sizes in words stay among the custom fields alone."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _named(found: Object | None) -> Object | None:
    """Another issue by its name alone: its state changes without this one's time of change."""
    return {"id": found.get("id"), "key": found.get("key")} if found else None


def _link(found: Object) -> Object:
    others = {side: _named(found[side]) for side in ("inwardIssue", "outwardIssue") if side in found}
    return {"id": found.get("id"), "type": found.get("type"), **others}


def sprints(value: Any) -> list[Object]:
    """Sprints of an issue, from objects or from the old text form `…Sprint@1f[id=225,state=CLOSED,…]`."""
    found = []
    for one in value or []:
        if isinstance(one, str):
            old = OLD_SPRINT.match(one)
            pairs = re.findall(r"(?:^|,)(\w+)=(.*?)(?=,\w+=|$)", old.group(1), re.DOTALL) if old else []
            one = {name: None if text == "<null>" else text for name, text in pairs}
        if one.get("id") is not None:
            state = str(one.get("state") or "").lower()
            found.append({"id": int(one["id"]), "name": one.get("name"), "state": state})
    return found


def status(found: Object) -> Object:
    category = found.get("statusCategory") or {}
    return {**found, "category_key": category.get("key"), "category_name": category.get("name")}


def field(found: Object) -> Object:
    schema = found.get("schema") or {}
    return {**found, "schema_custom": schema.get("custom"), "schema_type": schema.get("type")}


def project(found: Object) -> Object:
    return {**found, "project_type_key": found.get("projectTypeKey")}


def issue_type(found: Object) -> Object:
    return {**found, "hierarchy_level": found.get("hierarchyLevel")}


def board(found: Object) -> Object:
    return {**found, "project_key": (found.get("location") or {}).get("projectKey")}


def sprint(board_id: int, found: Object) -> Object:
    return {
        "id": found["id"],
        "board_id": found.get("originBoardId") or board_id,
        "name": found.get("name"),
        "state": found.get("state"),
        "goal": found.get("goal"),
        "start_date": found.get("startDate"),
        "end_date": found.get("endDate"),
        "complete_date": found.get("completeDate"),
        "created_date": found.get("createdDate"),
    }


def worklog(issue_id: str, found: Object) -> Object:
    return {**found, "issue_id": found.get("issueId") or issue_id, "time_spent_seconds": found.get("timeSpentSeconds")}


def remotelink(issue_id: str, found: Object) -> Object:
    linked = found.get("object") or {}
    return {**found, "issue_id": issue_id, "url": linked.get("url"), "title": linked.get("title")}

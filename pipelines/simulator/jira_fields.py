"""The field list of a lived site: every site numbers its custom fields in its own way."""

from typing import Any

from pipelines.simulator import tracker_words as words

PLAIN_NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"


def all_fields(style: str) -> list[dict[str, Any]]:
    """The site's field list, custom ones with the schema by which clients find them."""
    names = {"summary": "string", "description": "string", "status": "status", "priority": "priority",
             "resolution": "resolution", "issuetype": "issuetype", "project": "project", "labels": "array",
             "components": "array", "assignee": "user", "reporter": "user", "creator": "user",
             "created": "datetime", "updated": "datetime", "resolutiondate": "datetime",
             "statuscategorychangedate": "datetime"}  # fmt: skip
    found = [
        {
            "id": name,
            "key": name,
            "name": name.capitalize(),
            "custom": False,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": [name],
            "schema": {"type": kind, "system": name},
        }
        for name, kind in names.items()
    ]
    sprint_field, points_field = words.CUSTOM_FIELDS[style]
    # Only newer sites have a type of their own for points; on others they are any number field of the right name.
    points = "com.pyxis.greenhopper.jira:jsw-story-points" if style == "trunk" else PLAIN_NUMBER
    found.append(_custom(sprint_field, "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint", "json"))
    name = words.POINTS_NAMES[style]
    found.append(_custom(points_field, name, "number", points))
    found.append(_custom("customfield_10019", "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"))
    return found


def _custom(field_id: str, name: str, kind: str, custom: str, items: str | None = None) -> dict[str, Any]:
    number = int(field_id.removeprefix("customfield_"))
    schema: dict[str, Any] = {"type": kind, "custom": custom, "customId": number}
    return {
        "id": field_id,
        "key": field_id,
        "name": name,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{number}]", name],
        "schema": schema | ({"items": items} if items else {}),
    }

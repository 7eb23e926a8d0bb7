"""The rows of HubSpot's objects. Every property is text or null; only what was asked for is there."""

from datetime import UTC, datetime
from typing import Any

from pipelines.sources.hubspot_search import milliseconds
from pipelines.sources.reading import instant

TICKET = {
    "subject": "subject",
    "content": "content",
    "pipeline": "hs_pipeline",
    "stage": "hs_pipeline_stage",
    "priority": "hs_ticket_priority",
    "category": "hs_ticket_category",
    "owner_id": "hubspot_owner_id",
    "source_type": "source_type",
    "created_at": "createdate",
    "updated_at": "hs_lastmodifieddate",
    "closed_at": "closed_date",
}
COMPANY = {
    "name": "name", "domain": "domain", "industry": "industry",
    "created_at": "createdate", "updated_at": "hs_lastmodifieddate",
}  # fmt: skip
CONTACT = {
    "email": "email", "first_name": "firstname", "last_name": "lastname", "company_id": "associatedcompanyid",
    "created_at": "createdate", "updated_at": "lastmodifieddate",
}  # fmt: skip
TIMES = ("created_at", "updated_at", "closed_at")


def stage(found: dict) -> dict:
    return {
        "id": found["id"],
        "label": found.get("label"),
        "is_closed": str((found.get("metadata") or {}).get("isClosed", "")).lower() == "true",
    }


def owner(found: dict) -> dict[str, Any]:
    return {**found, "first_name": found.get("firstName"), "last_name": found.get("lastName")}


def ticket(found: dict, jira_key_property: str) -> dict[str, Any]:
    """The row of a ticket that was read with `asked_of_tickets`."""
    properties = {name: value for name, value in found["properties"].items() if value is not None}
    changes = (found.get("propertiesWithHistory") or {}).get("hs_pipeline_stage") or []
    steps = [{"stage": one.get("value"), "at": _iso(str(one["timestamp"]))} for one in changes]
    return {
        **plain_row(found, TICKET),
        "jira_issue_key": properties.get(jira_key_property),
        "archived": bool(found.get("archived")),
        "company_ids": _associated(found, "companies"),
        "contact_ids": _associated(found, "contacts"),
        "stage_history": sorted(steps, key=lambda step: instant(step["at"])),
        "properties": properties,
        "url": found.get("url"),
    }


def _associated(found: dict, kind: str) -> list[str]:
    """Ids in the order of the answer, each once: HubSpot lists one several times."""
    others = ((found.get("associations") or {}).get(kind) or {}).get("results") or []
    return list(dict.fromkeys(str(other["id"]) for other in others))


def plain_row(found: dict, columns: dict[str, str]) -> dict[str, Any]:
    """The row of an object that is nothing but its properties."""
    properties = found["properties"]
    row = {name: properties.get(column) for name, column in columns.items()}
    for name in TIMES:
        if name in row:
            row[name] = _time(row[name])
    row["id"] = found["id"]
    row["created_at"] = row["created_at"] or found.get("createdAt")
    row["updated_at"] = row["updated_at"] or found.get("updatedAt")
    return row


def _time(text: str | None) -> str | None:
    """ISO 8601 or epoch milliseconds; HubSpot's own 1970 stands for no time."""
    if not text:
        return None
    return None if milliseconds(text) < 86_400_000 else _iso(text)


def _iso(text: str) -> str:
    if not text.isdigit():
        return text
    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()

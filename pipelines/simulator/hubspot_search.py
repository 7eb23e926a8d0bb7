"""HubSpot's search: filter groups (any of them, all of its filters), sorting, and an end at 10,000 results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipelines.simulator.hubspot_objects import Record

MAX_RESULTS, MAX_LIMIT, DEFAULT_LIMIT = 10_000, 200, 10
MAX_GROUPS, MAX_FILTERS = 5, 25
DEFAULTS = {
    "tickets": ("content", "createdate", "hs_lastmodifieddate", "hs_object_id", "hs_pipeline", "hs_pipeline_stage",
                "hs_ticket_category", "hs_ticket_priority", "subject"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
}  # fmt: skip


class Refused(Exception):
    """A 400, with HubSpot's message."""


def comparable(value: str | None) -> float | str | None:
    """Numbers and instants compare as numbers; an instant is milliseconds since 1970."""
    if value is None or value == "":
        return None
    try:
        return float(value)
    except ValueError:
        pass
    if len(value) >= 10 and value[4:5] == "-":
        try:
            return datetime.fromisoformat(value).timestamp() * 1000
        except ValueError:
            pass
    return value.casefold()


def passes(record: Record, given: dict[str, Any]) -> bool:
    """Whether a record meets one filter. Raises Refused for what is none."""
    operator, name = given.get("operator"), given.get("propertyName")
    if not operator or not name:
        raise Refused("Invalid input JSON: a filter needs propertyName and operator")
    value = comparable(record.properties.get(str(name)))
    if operator == "HAS_PROPERTY":
        return value is not None
    if operator == "NOT_HAS_PROPERTY":
        return value is None
    if operator in ("IN", "NOT_IN"):
        return (value in [comparable(str(one)) for one in given.get("values") or []]) == (operator == "IN")
    wanted = comparable(str(given.get("value", "")))
    if operator == "EQ":
        return value == wanted
    if operator == "NEQ":
        return value != wanted
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        return (str(wanted).strip("*") in str(value or "")) == (operator == "CONTAINS_TOKEN")
    return _compares(operator, value, wanted, comparable(str(given.get("highValue", ""))))


def _compares(operator: str, value: Any, wanted: Any, high: Any) -> bool:
    if operator not in ("LT", "LTE", "GT", "GTE", "BETWEEN"):
        raise Refused(f"Invalid input JSON: {operator} is not a valid operator")
    if value is None or type(value) is not type(wanted):
        return False
    if operator == "BETWEEN":
        return type(high) is type(value) and wanted <= value <= high
    return {"LT": value < wanted, "LTE": value <= wanted, "GT": value > wanted, "GTE": value >= wanted}[operator]


def search(records: Sequence[Record], asked: dict[str, Any]) -> tuple[int, list[Record], str | None]:
    """How many there are, the page, and where the next one begins (None: nowhere)."""
    limit = asked.get("limit") or DEFAULT_LIMIT
    if not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise Refused(f"limit must be between 1 and {MAX_LIMIT}")
    groups = asked.get("filterGroups") or []
    if len(groups) > MAX_GROUPS or sum(len(group.get("filters", [])) for group in groups) > MAX_FILTERS:
        raise Refused(f"at most {MAX_GROUPS} filter groups and {MAX_FILTERS} filters")
    found = [record for record in records if record.archived_at is None and _any_group(record, groups)]
    text = str(asked.get("query") or "").casefold()
    if text:
        found = [r for r in found if any(text in (value or "").casefold() for value in r.properties.values())]
    found = ordered(found, asked.get("sorts") or [])
    try:
        start = int(asked.get("after") or 0)
    except ValueError:
        raise Refused("after must be a number") from None
    if start + limit > MAX_RESULTS:
        raise Refused("The total number of results that can be paged through is 10000.")
    end = start + limit
    return len(found), found[start:end], str(end) if end < min(len(found), MAX_RESULTS) else None


def _any_group(record: Record, groups: list[dict[str, Any]]) -> bool:
    return not groups or any(all(passes(record, one) for one in group.get("filters", [])) for group in groups)


def ordered(records: list[Record], sorts: list[Any]) -> list[Record]:
    """By the one sort that is given ("name", "-name" or an object), else by creation."""
    if not sorts:
        return sorted(records, key=lambda record: (record.created_at, record.record_id))
    first = sorts[0]
    if isinstance(first, str):
        name, descending = first.lstrip("-"), first.startswith("-")
    else:
        name, descending = str(first["propertyName"]), first.get("direction") == "DESCENDING"
    known = [(comparable(record.properties.get(name)), record) for record in records]
    numbers = sorted(
        ((value, record) for value, record in known if isinstance(value, float)),
        key=lambda pair: (pair[0], pair[1].record_id),
        reverse=descending,
    )
    texts = sorted(
        ((value, record) for value, record in known if isinstance(value, str)),
        key=lambda pair: (pair[0], pair[1].record_id),
        reverse=descending,
    )
    return [record for _, record in [*numbers, *texts]] + [record for value, record in known if value is None]

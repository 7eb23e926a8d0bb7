"""The part of JQL that is simulated: clauses joined by AND, and ORDER BY."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.simulator.jira_store import Row

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|>=|<=|!=|=|>|<|\(|\)|,|[^\s=<>!(),"\']+)')
RELATIVE = re.compile(r"^([+-]?\d+)([mhdw])$")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
ORDERS: dict[str, Callable[[Row], int]] = {
    "created": lambda row: row.created,
    "updated": lambda row: row.updated,
    "key": lambda row: row.number,
    "id": lambda row: row.issue_id,
    "issuekey": lambda row: row.number,
}
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
Test = Callable[[Row], bool]


class Refused(Exception):
    """A 400, in Jira's words."""


@dataclass(frozen=True, slots=True)
class Query:
    """Rows must pass every test; `orders` are (field, descending)."""

    tests: tuple[Test, ...]
    orders: tuple[tuple[str, bool], ...]

    def rank(self, row: Row) -> tuple[int, ...]:
        """The place of a row in the order. The id comes last, so that no two rows share a place."""
        ranks = [-ORDERS[field](row) if descending else ORDERS[field](row) for field, descending in self.orders]
        return (*ranks, row.issue_id)

    def run(self, rows: Sequence[Row]) -> list[Row]:
        return sorted((row for row in rows if all(test(row) for test in self.tests)), key=self.rank)


def parse(text: str, now: int, zone: str) -> Query:
    """Instants are read in the token owner's zone, to the minute. Raises Refused."""
    tokens = [token.strip() for token in TOKEN.findall(text)]
    lowered = [token.lower() for token in tokens]
    cut = next((n for n in range(len(lowered) - 1) if lowered[n : n + 2] == ["order", "by"]), len(tokens))
    where, order = tokens[:cut], tokens[cut + 2 :]
    if not where:
        raise Refused(UNBOUNDED)
    return Query(_clauses(where, now, ZoneInfo(zone)), _orders(order))


def _orders(tokens: list[str]) -> tuple[tuple[str, bool], ...]:
    found, part = [], []
    for token in [*tokens, ","]:
        if token != ",":
            part.append(token.strip('"').lower())
        elif part:
            if part[0] not in ORDERS or part[1:] not in ([], ["asc"], ["desc"]):
                raise Refused(f"Error in the JQL Query: Not able to sort using field '{part[0]}'.")
            # Jira's default: dates newest first, everything else ascending.
            descending = part[1] == "desc" if len(part) > 1 else part[0] in ("created", "updated")
            found.append((part[0], descending))
            part = []
    if len(found) > 7:
        raise Refused("JQL can be ordered by at most 7 fields.")
    return tuple(found)


def _clauses(tokens: list[str], now: int, zone: ZoneInfo) -> tuple[Test, ...]:
    tests: list[Test] = []
    at = 0
    while at < len(tokens):
        if tests:
            if tokens[at].lower() != "and":
                raise Refused(f"Error in the JQL Query: Expecting either 'AND' but got '{tokens[at]}'.")
            at += 1
        test, at = _clause(tokens, at, now, zone)
        tests.append(test)
    return tuple(tests)


def _clause(tokens: list[str], at: int, now: int, zone: ZoneInfo) -> tuple[Test, int]:
    if len(tokens) < at + 3:
        raise Refused("Error in the JQL Query: Expecting operator but got end of query.")
    field, operator = tokens[at].strip('"').lower(), tokens[at + 1].lower()
    at += 2
    if operator == "not":
        operator, at = f"not {tokens[at].lower()}", at + 1
    if operator in ("in", "not in"):
        if tokens[at] != "(" or ")" not in tokens[at:]:
            raise Refused(f"Error in the JQL Query: Expecting '(' but got '{tokens[at]}'.")
        end = tokens.index(")", at)
        values = [_bare(token) for token in tokens[at + 1 : end] if token != ","]
        at = end + 1
    else:
        values, at = [_bare(tokens[at])], at + 1
    if field in ("created", "updated", "createddate", "updateddate"):
        return _time_test(field[:7], operator, values[0], now, zone), at
    return _value_test(field, operator, values), at


def _bare(token: str) -> str:
    return token[1:-1] if token[0] in "\"'" and token[-1] == token[0] else token


def _time_test(field: str, operator: str, value: str, now: int, zone: ZoneInfo) -> Test:
    limit = _instant(field, value, now, zone)
    take = ORDERS[field]
    if operator == ">=":
        return lambda row: take(row) >= limit
    if operator == ">":
        return lambda row: take(row) > limit
    if operator == "<=":
        return lambda row: take(row) <= limit
    if operator == "<":
        return lambda row: take(row) < limit
    raise Refused(f"The operator '{operator}' is not supported by the '{field}' field.")


def _instant(field: str, value: str, now: int, zone: ZoneInfo) -> int:
    relative = RELATIVE.match(value)
    if relative:
        return now + int(timedelta(**{UNITS[relative[2]]: int(relative[1])}).total_seconds())
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            return int(datetime.strptime(value, form).replace(tzinfo=zone).timestamp())
        except ValueError:
            continue
    raise Refused(
        f"Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm',"
        " 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _value_test(field: str, operator: str, values: list[str]) -> Test:
    wanted = {value.casefold() for value in values}
    takes: dict[str, Callable[[Row], set[str]]] = {
        "project": lambda row: {row.project_key.casefold(), row.project_id},
        "key": lambda row: {row.key.casefold(), str(row.issue_id)},
        "issuekey": lambda row: {row.key.casefold(), str(row.issue_id)},
        "id": lambda row: {row.key.casefold(), str(row.issue_id)},
        "issuetype": lambda row: {row.issue_type.casefold()},
        "status": lambda row: {row.status.casefold()},
        "statuscategory": lambda row: {row.status_category},
        "labels": lambda row: {label.casefold() for label in row.labels},
        "sprint": lambda row: {str(number) for number in row.sprint_ids},
    }
    take = takes.get(field)
    if take is None:
        raise Refused(f"Field '{field}' does not exist or you do not have permission to view it.")
    if operator in ("=", "in"):
        return lambda row: bool(take(row) & wanted)
    if operator in ("!=", "not in"):
        return lambda row: not take(row) & wanted
    raise Refused(f"The operator '{operator}' is not supported by the '{field}' field.")

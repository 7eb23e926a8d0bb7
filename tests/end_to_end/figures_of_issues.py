"""Figures of issues, sprints and tickets beside the simulator's own books."""

from collections import Counter

from tests.end_to_end.figures import Books, Cells, Row, figure, spread, times


def _issue(row: Row) -> tuple[str, str]:
    return row["source"], row["key"]


@figure("Issues: title and status", "issues")
def issues(books: Books) -> tuple[Cells, Cells]:
    names = ("title", "status")
    return spread(books.told("issues"), _issue, *names), spread(books.happened("issues"), _issue, *names)


@figure("Issues: when created and resolved", "issues")
def instants(books: Books) -> tuple[Cells, Cells]:
    names = ("created_at", "resolved_at")
    return times(books.told("issues"), _issue, *names), times(books.happened("issues"), _issue, *names)


@figure("Issues created, resolved and reopened, by day and source", "issue_flow_daily")
def flow(books: Books) -> tuple[Cells, Cells]:
    names = ("created_count", "resolved_count", "reopened_count")

    def counted(rows: list[Row]) -> Cells:
        found: Counter[tuple[str, str, str]] = Counter()
        for row in rows:
            found.update({(row["source"], row["day"], name): row[name] for name in names if row[name]})
        return dict(found)

    return counted(books.told("issue_flow_daily")), counted(books.happened("issue_flow"))


@figure("Backlog by source, on the newest day", "issue_flow_daily")
def backlog(books: Books) -> tuple[Cells, Cells]:
    newest: dict[str, str] = {}
    for row in books.told("issue_flow_daily"):
        newest[row["source"]] = max(newest.get(row["source"], ""), row["day"])
    told: Counter[str] = Counter()
    for row in books.told("issue_flow_daily"):
        told[row["source"]] += row["open_count"] * (row["day"] == newest[row["source"]])
    happened: Counter[str] = Counter(dict.fromkeys(newest, 0))
    happened.update(row["source"] for row in books.happened("issues") if row["status"] == "open")
    return dict(told), dict(happened)


def _closed(books: Books) -> tuple[list[Row], list[Row]]:
    happened = [row for row in books.happened("sprints") if row["state"] == "closed"]
    names = {row["name"] for row in happened}
    return [row for row in books.told("sprint_velocity") if row["name"] in names], happened


@figure("Closed sprints: points committed, added, removed, completed, carried over", "sprint_velocity")
def sprints(books: Books) -> tuple[Cells, Cells]:
    names = ("committed_points", "added_points", "removed_points", "completed_points", "carried_over_points")
    told, happened = _closed(books)
    return spread(told, lambda row: row["name"], *names), spread(happened, lambda row: row["name"], *names)


@figure("Closed sprints: say/do ratio", "sprint_velocity")
def say_do(books: Books) -> tuple[Cells, Cells]:
    told, happened = _closed(books)
    return {row["name"]: row["say_do_ratio"] for row in told}, {
        row["name"]: row["completed_points"] / row["committed_points"] if row["committed_points"] else None
        for row in happened
    }


@figure("Tickets: the issue that support wrote into them", "ticket_deliveries")
def tickets(books: Books) -> tuple[Cells, Cells]:
    happened = {row["key"]: row["jira_issue_key"] for row in books.happened("issues") if row["source"] == "hubspot"}
    told: Cells = {row["ticket_key"]: None for row in books.told("ticket_deliveries")}
    linked = [row for row in books.told("ticket_deliveries") if row["issue_method"] == "ticket_field"]
    return told | {row["ticket_key"]: row["issue_key"] for row in linked}, happened


@figure("Duplicates by a ticket's own field: the same incident", "duplicate_members")
def duplicates(books: Books) -> tuple[Cells, Cells]:
    incident = {_issue(row): row["incident_id"] for row in books.happened("issues")}
    members = {row["issue_id"]: row for row in books.told("duplicate_members")}
    linked = [row for row in members.values() if row["method"] == "ticket_field"]
    return (
        {_issue(row): incident[_issue(row)] for row in linked},
        {_issue(row): incident[_issue(members[row["joined_issue_id"]])] for row in linked},
    )

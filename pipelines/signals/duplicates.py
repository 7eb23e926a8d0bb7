"""Groups of issues that report one problem: explicit links first, then texts that are alike enough."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pipelines.signals.similarity import Pairs

THRESHOLD = 0.7  # of similarity; chosen on the simulator's companies, see the README
AFTERWARDS = timedelta(days=7)  # what is reported later than this after the first was resolved is another problem
METHODS = ("ticket_field", "jira_link", "named_duplicate", "remote_link", "key_in_text")  # the surest first


class Issue(NamedTuple):
    """What grouping needs to know. `names`: components and services that it is about; `numbers`: of its title."""

    issue_id: str
    created_at: datetime
    resolved_at: datetime | None
    is_report: bool  # somebody tells of a problem, other than work that is planned
    names: frozenset[str]
    numbers: frozenset[str]


class Link(NamedTuple):
    """One issue says that another one is about the same problem, or is so like it."""

    issue_id: str
    other_id: str
    method: str
    similarity: float | None = None


class Member(NamedTuple):
    """An issue of a group. The group is named by its first report, which joined nobody."""

    issue_id: str
    group_id: str
    method: str
    joined_issue_id: str | None
    similarity: float | None


def groups(issues: Sequence[Issue], links: Iterable[Link], alike: Iterable[Pairs]) -> list[Member]:
    """The members of all groups of two or more. `issues` are in the order of their creation, rows of `alike` too.

    An issue that is like others joins the one of them that reported first and joined nobody; it brings nobody along,
    so that a is not put together with z by way of all letters between. Links do bring along.
    """
    known = {issue.issue_id: row for row, issue in enumerate(issues)}
    edges = [link for link in links if link.issue_id in known and link.other_id in known]
    edges += _joined(issues, alike)
    root = list(range(len(issues)))
    for edge in edges:
        first, second = sorted((_root(root, known[edge.issue_id]), _root(root, known[edge.other_id])))
        root[second] = first  # the older one stays
    return [
        Member(issue, issues[_root(root, known[issue])].issue_id, edge.method, edge.other_id, edge.similarity)
        if _root(root, known[issue]) != known[issue]
        else Member(issue, issue, "first_report", None, None)
        for issue, edge in sorted(_best_edges(edges).items())
    ]


def _joined(issues: Sequence[Issue], alike: Iterable[Pairs]) -> Iterator[Link]:
    followers: set[int] = set()
    for block in alike:
        for row, other, similarity in zip(*(part.tolist() for part in block), strict=True):
            if other >= row or row in followers or other in followers or similarity < THRESHOLD:
                continue
            if _same_problem(issues[other], issues[row]):
                followers.add(row)
                yield Link(issues[row].issue_id, issues[other].issue_id, "similarity", similarity)


def _same_problem(first: Issue, later: Issue) -> bool:
    """Whether two like texts can mean one problem: both are reports, of one thing, while it was there."""
    if not (first.is_report and later.is_report):
        return False
    if first.resolved_at is not None and later.created_at > first.resolved_at + AFTERWARDS:
        return False
    return not (_differ(first.names, later.names) or _differ(first.numbers, later.numbers))


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)


def _root(root: list[int], row: int) -> int:
    while root[row] != row:
        root[row] = root[root[row]]
        row = root[row]
    return row


def _best_edges(edges: Iterable[Link]) -> dict[str, Link]:
    """Of each issue the surest link that it has, seen from that issue."""
    best: dict[str, Link] = {}
    for edge in edges:
        for seen in (edge, edge._replace(issue_id=edge.other_id, other_id=edge.issue_id)):
            if seen.issue_id not in best or _sureness(seen) < _sureness(best[seen.issue_id]):
                best[seen.issue_id] = seen
    return best


def _sureness(link: Link) -> tuple[int, float, str]:
    rank = METHODS.index(link.method) if link.method in METHODS else len(METHODS)
    return rank, -(link.similarity or 0.0), link.other_id

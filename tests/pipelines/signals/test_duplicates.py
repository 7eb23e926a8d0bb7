"""Which texts are alike, which issues report one problem, and how well that finds what really was one."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from pipelines.signals import duplicates, similarity
from pipelines.signals.duplicates import Issue, Link
from pipelines.signals.mentions import Names
from pipelines.simulator.clock import Clock, parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.tracker import tracker_of
from pipelines.simulator.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def issue(name: str, hours: float, resolved: float | None = None, **more) -> Issue:
    at = NOON + timedelta(hours=hours)
    end = None if resolved is None else NOON + timedelta(hours=resolved)
    given = {"is_report": True, "names": frozenset(), "numbers": frozenset(), **more}
    return Issue(name, at, end, **given)


def alike(*found: tuple[int, int, float]) -> list[similarity.Pairs]:
    """Pairs of rows, seen from both."""
    rows = sorted(
        [(a, b, s) for a, b, s in found] + [(b, a, s) for a, b, s in found], key=lambda row: (row[0], -row[2])
    )
    return [similarity.Pairs(*(np.array(part) for part in zip(*rows, strict=True)))]


def grouped(issues: list[Issue], links: list[Link], pairs: list[similarity.Pairs]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for member in duplicates.groups(issues, links, pairs):
        found.setdefault(member.group_id, set()).add(member.issue_id)
    return found


def test_like_texts_follow_the_first_report_and_bring_nobody_along():
    issues = [issue(name, n) for n, name in enumerate("abc")]

    assert grouped(issues, [], alike((0, 1, 0.9), (1, 2, 0.9))) == {"a": {"a", "b"}}
    assert grouped(issues, [], alike((0, 1, 0.9), (0, 2, 0.7))) == {"a": {"a", "b", "c"}}
    assert grouped(issues, [], alike((0, 1, 0.69))) == {}


def test_links_bring_along_whatever_the_texts_say():
    issues = [issue(name, n) for n, name in enumerate("abcd")]
    links = [Link("d", "b", "ticket_field"), Link("b", "unknown", "jira_link")]

    assert grouped(issues, links, alike((0, 1, 0.9), (2, 3, 0.1))) == {"a": {"a", "b", "d"}}


@pytest.mark.parametrize(("first", "later"), [
    (issue("a", 0, resolved=1), issue("b", 24 * 8)),
    (issue("a", 0, names=frozenset({"search"})), issue("b", 1, names=frozenset({"checkout"}))),
    (issue("a", 0, numbers=frozenset({"4711"})), issue("b", 1, numbers=frozenset({"4712"}))),
    (issue("a", 0), issue("b", 1, is_report=False)),
], ids=["long after it was resolved", "another component", "another number", "planned work"])  # fmt: skip
def test_like_texts_are_no_duplicates_where_something_else_differs(first: Issue, later: Issue):
    assert grouped([first, later], [], alike((0, 1, 1.0))) == {}


def test_a_member_says_the_surest_way_by_which_it_belongs():
    issues = [issue(name, n) for n, name in enumerate("abc")]
    links = [Link("c", "a", "key_in_text"), Link("c", "b", "ticket_field")]

    found = {member.issue_id: member for member in duplicates.groups(issues, links, alike((0, 1, 0.8)))}

    assert (found["a"].method, found["a"].joined_issue_id) == ("first_report", None)
    assert (found["b"].method, found["b"].joined_issue_id, found["b"].similarity) == ("ticket_field", "c", None)
    assert (found["c"].method, found["c"].joined_issue_id) == ("ticket_field", "b")


def best(texts: list[str]) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {row: [] for row in range(len(texts))}
    for block in similarity.pairs(similarity.vectors(texts, [""] * len(texts))):
        for row, other, value in zip(*(part.tolist() for part in block), strict=True):
            found[row].append((other, value))
    return found


def test_the_same_words_are_one_and_none_in_common_are_no_pair():
    found = best(["Checkout is down", "Checkout is down", "Zzz qqq", "", "!!!"])

    assert found[0] == [(1, 1.0)] and found[1] == [(0, 1.0)]
    assert found[2] == found[3] == found[4] == []
    assert best(["", ""]) == {0: [], 1: []} and best([]) == {}


def test_blocks_do_not_show_in_what_is_found(monkeypatch):
    texts = [f"report {number % 7} of the {number % 5} kind" for number in range(60)]
    whole = best(texts)
    monkeypatch.setattr(similarity, "BLOCK_CELLS", 100)

    assert best(texts) == whole


def test_words_that_too_many_texts_share_are_left_out(monkeypatch):
    monkeypatch.setattr(similarity, "COMMON", 20)
    texts = [f"ticket word{number // 2}" for number in range(60)]

    assert all(len(found) == 1 and found[0][0] == row ^ 1 for row, found in best(texts).items())


def retold(count: int = 400) -> tuple[list[str], list[str]]:
    """Problems of four rare and four common words, each told twice: half of the rare words stay, the others do not."""
    chance = np.random.default_rng(3)
    first, second = [], []
    for number in range(count):
        rare = [f"thing{number * 4 % 977 + n * 31}" for n in range(4)]
        common = [f"word{n}" for n in chance.integers(0, 60, 8)]
        first.append(" ".join([*rare, *common[:4]]))
        second.append(" ".join([*rare[:2], *common[4:], common[0]]))
    return first, second


def recall_at_10(matrix: sparse.csr_matrix | np.ndarray, count: int) -> float:
    product = matrix @ matrix.T
    scores = np.array(product.todense() if sparse.issparse(product) else product)
    np.fill_diagonal(scores, -1)
    ranks = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    return float(np.mean([(row + count) % (2 * count) in ranks[row] for row in range(2 * count)]))


def test_the_sparse_matrix_finds_a_fifth_more_than_its_svd():
    first, second = retold()
    texts = [*first, *second]

    ours = recall_at_10(similarity.vectors(texts, [""] * len(texts)), len(first))
    reduced = TruncatedSVD(64, random_state=0).fit_transform(TfidfVectorizer().fit_transform(texts))
    reduced /= np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-9)

    assert ours >= 0.78
    assert ours >= 1.2 * recall_at_10(reduced, len(first))


def test_what_customers_and_engineers_told_of_one_incident_is_found():
    """Pairs of reports of one incident at three simulated companies, whose customers never use engineering's words:
    links find most of them, so recall is that of the links. Everyday questions have no truth; GitHub is left out."""
    found, true_pairs = [], 0
    for style in ("trunk", "release", "monorepo"):
        world = World((Charter("acme", style, days=182),), Clock(parse_instant("2026-06-01T12:00:00Z")))
        told = sorted(_told(tracker_of(world, "acme")), key=lambda row: (row[1], row[0]))
        names = Names(("component", service.component) for service in world.company("acme").services)
        issues = [
            issue(
                key, (at - NOON.timestamp()) / 3600, (at - NOON.timestamp()) / 3600 + 48, is_report=is_report,
                names=frozenset(one.name for one in names.find(title)), numbers=frozenset(re.findall(r"\d{3,}", title)),
            )
            for key, at, title, _, is_report, _, _ in told
        ]  # fmt: skip
        pairs = list(similarity.pairs(similarity.vectors([row[2] for row in told], [row[3] for row in told])))
        links = [Link(row[0], row[6], "ticket_field") for row in told if row[6]]
        incident = {row[0]: row[5] for row in told}
        for members in grouped(issues, links, pairs).values():
            found += [(incident[a], incident[b]) for a, b in combinations(members, 2) if incident[a] or incident[b]]
        true_pairs += sum(count * (count - 1) // 2 for name, count in Counter(incident.values()).items() if name)
    right = sum(a == b for a, b in found)

    assert right / true_pairs >= 0.35, right / true_pairs
    assert right / len(found) >= 0.8, right / len(found)


def _told(tracker):
    """(key, when, title, body, is it a report, incident, linked issue)."""
    for one in tracker.site.issues:
        known = one.incident.incident_id if one.incident else None
        yield one.key, one.created_at, one.summary, one.description or "", one.kind == "incident", known, None
    for ticket in tracker.customers.tickets:
        if ticket.is_there:
            known = ticket.incident.incident_id if ticket.incident else None
            yield (
                str(ticket.ticket_id), ticket.created_at, ticket.subject, ticket.content or "", True, known,
                ticket.jira_issue_key,
            )  # fmt: skip

"""The marts of people and their code, on one small story with figures worked out by hand."""

from datetime import date
from typing import Any

import pytest

from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import CODE, Project

BOT = {"login": "renovate[bot]", "type": "Bot"}
GRACE = {"login": "grace", "type": "User"}
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 9)  # Mondays; the story begins on the first at 8:00
WEEK = 7 * 24


def tell(shop: Company) -> None:
    """Ada writes three pull requests, Grace one; Grace, Linus and Ada review."""
    shop.commit("root", 0)
    shop.pull_request(1, opened=2, commits={"one": 1, "one more": 1.5}, merged=10, merge_sha="squash 1")
    shop.review(1, 3, state="CHANGES_REQUESTED")
    shop.review(1, 4)
    shop.review(1, 5, login="linus", state="COMMENTED")
    shop.review(1, 6, login="ada", state="COMMENTED")  # her own
    shop.review(1, 11, login="linus")  # after the merge
    shop.pull_request(2, opened=20, commits={"two": 19}, merged=WEEK + 4, merge_sha="squash 2")
    shop.review(2, 30)
    shop.review(2, WEEK + 3)  # the same reviewer, a week later
    shop.pull_request(3, opened=WEEK + 1, commits={"three": WEEK}, user=GRACE)
    shop.review(3, WEEK + 2, login="ada")
    shop.pull_request(4, opened=WEEK + 5, commits={"four": WEEK + 5}, merged=WEEK + 6, merge_sha="squash 4")
    shop.commit("squash 1", 10, ("root",))
    shop.commit("squash 2", WEEK + 4, ("squash 1",))
    shop.commit("squash 4", WEEK + 6, ("squash 2", "four"))  # a merge after all
    shop.commit("pushed", WEEK + 7, ("squash 4",))
    shop.deploy("root", 1, 1)
    shop.deploy("pushed", WEEK + 7.5, WEEK + 7.5)


def add_bots(shop: Company) -> None:
    """A bot that writes, merges, pushes and reviews; a human looks at what it wrote."""
    for number, hours in ((50, 5), (51, WEEK + 1)):
        shop.pull_request(number, opened=hours, commits={}, merged=hours + 2, merge_sha=f"bump {number}", user=BOT)
        shop.add("reviews", id=9000 + number, pull_request_number=1, user=BOT, state="APPROVED", submitted_at=at(2.5))
        shop.review(number, hours + 1, login="linus")
        shop.commit(f"bump {number}", hours + 2, ("root",), bot=True)
    shop.commit("pushed by a bot", 6, ("root",), bot=True)


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Company]:
    """The story with and without bots, read at the same time."""
    companies = {name: Company(project, name, "UTC") for name in ("people", "people-and-bots")}
    for shop in companies.values():
        shop.repository = "acme/shop"
        tell(shop)
    add_bots(companies["people-and-bots"])
    companies["unknown"] = Company(project, "unknown", "UTC")
    companies["unknown"].pull_request(1, opened=2, commits={})
    for shop in companies.values():
        shop.sync(WEEK + 8)
    project.build()
    return companies


def rows(shop: Company, mart: str, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for row in shop.rows(mart))


def test_the_matrix_counts_a_pull_request_once_for_a_reviewer_in_the_week_of_the_first_review(told):
    names = "week author reviewer pull_request_count review_count approval_count change_request_count".split()

    # Grace: 1 (asked for changes, approved) and 2 (approved twice, the second time a week later).
    assert rows(told["people"], "review_pairs", *names) == [
        (FIRST, "ada", "grace", 2, 4, 3, 1),
        (FIRST, "ada", "linus", 1, 1, 0, 0),
        (SECOND, "grace", "ada", 1, 1, 1, 0),
    ]


def test_contributors_are_those_who_did_anything_in_a_week(told):
    names = "week contributor commit_count opened_count merged_count reviewed_count is_first_week".split()

    # Ada's first week: the root, both commits of 1 and that of 2; squashes are nobody's work again.
    # Her second: commit 4, what she pushed, and the commit of 3: she wrote it for Grace.
    assert rows(told["people"], "contributors_weekly", *names) == [
        (FIRST, "ada", 4, 2, 1, 0, True),
        (FIRST, "grace", 0, 0, 0, 2, True),
        (FIRST, "linus", 0, 0, 0, 1, True),
        (SECOND, "ada", 3, 1, 2, 1, False),
        (SECOND, "grace", 0, 1, 0, 0, False),
    ]


def test_the_summary_of_a_repository(told):
    values = {
        row["metric"]: (row["value"], row["n"], row["coverage"])
        for row in told["people"].rows("repository_summary")
        if row["window_days"] == 30
    }

    assert values == {
        "contributors": (1, 7, None),  # Ada alone wrote the 7 commits
        "bus_factor": (1, 7, None),
        # Pull requests reviewed: Grace 2, Linus 1, Ada 1 of 3 people, in rising order 1, 1, 2:
        # 2 · (1·1 + 2·1 + 3·2) / (3 · 4) − 4/3 = 18/12 − 16/12 = 1/6.
        "review_load_gini": (pytest.approx(1 / 6), 3, None),
        "review_rounds": (1.5, 2, pytest.approx(2 / 3)),  # 1: changes and an approval; 2: an approval; 4: nobody
        "reviewed_share": (pytest.approx(2 / 3), 3, 1),
        "branch_lifetime": (9 * 3600, 3, 1),  # 1: 1 → 10; 2: 19 → 172; 4: 173 → 174
        "merge_share": (pytest.approx(1 / 3), 3, 1),
        "squash_share": (pytest.approx(2 / 3), 3, 1),
        "rebase_share": (0, 3, 1),
        "direct_push_share": (0.25, 4, None),  # three pull requests and a commit; the root was there before
    }


def test_what_was_not_measured_is_null_and_not_0(told):
    """A repository with one open pull request and no commit that anybody has seen."""
    values = {row["metric"]: row["value"] for row in told["unknown"].rows("repository_summary")}

    assert set(values.values()) == {None}


@pytest.mark.parametrize("mart", CODE)
def test_a_bot_that_is_added_changes_no_figure_of_people(told, mart):
    without, beside = ([{**row, "tenant_id": None} for row in shop.rows(mart)] for shop in (told["people"], told["people-and-bots"]))

    assert without
    assert sorted(map(repr, beside)) == sorted(map(repr, without))

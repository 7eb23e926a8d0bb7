"""The marts of people and their code, on one small story with figures worked out by hand."""

from datetime import date
from typing import Any

import pytest

from tests.dbt_project.company import Company, at
from tests.dbt_project.people_stories import (
    WEEK,
    add_bots,
    say_same_person,
    tell,
    tell_of_a_long_weekend,
    tell_of_versions,
)
from tests.dbt_project.project import Project
from tests.dbt_project.team import Team

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 9)  # Mondays; the story begins on the first at 8:00


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Company]:
    """The story with and without bots, read at the same time."""
    companies = {name: Company(project, name, "UTC") for name in ("people", "people-and-bots")}
    for shop in companies.values():
        shop.repository = "acme/shop"
        tell(shop)
    add_bots(companies["people-and-bots"])
    companies["one-person"] = Company(project, "one-person", "UTC")
    companies["one-person"].repository = "acme/shop"
    tell(companies["one-person"])
    say_same_person(companies["one-person"], "Linus", "grace")
    companies["new-york"] = Company(project, "new-york", "UTC")
    tell_of_a_long_weekend(companies["new-york"])
    companies["unknown"] = Company(project, "unknown", "UTC")
    companies["unknown"].pull_request(1, opened=2, commits={})
    companies["versions"] = Company(project, "versions", "UTC")
    tell_of_versions(companies["versions"])
    companies["tags-only"] = Company(project, "tags-only", "UTC")
    Team(companies["tags-only"]).release_twice().sync(40)
    for shop in companies.values():
        shop.sync(2 * WEEK if shop.repository == "new-york/shop" else WEEK + 8)
    project.build()
    return companies


def rows(shop: Company, mart: str, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for row in shop.rows(mart))


def test_the_matrix_counts_a_pull_request_once_for_a_reviewer_in_the_week_of_the_first_review(told):
    counts = ["pull_request_count", "review_count", "approval_count", "change_request_count"]

    # Grace: 1 (asked for changes, approved) and 2 (approved twice, the second time a week later).
    assert rows(told["people"], "review_pairs", "week", "author", "reviewer", *counts) == [
        (FIRST, "ada", "grace", 2, 4, 3, 1),
        (FIRST, "ada", "linus", 1, 1, 0, 0),
        (SECOND, "grace", "ada", 1, 1, 1, 0),
    ]


def test_contributors_are_those_who_did_anything_in_a_week(told):
    names = ["week", "contributor", "commit_count", "opened_count", "merged_count", "reviewed_count", "is_first_week"]

    # Ada's first week: the root, both commits of 1 and that of 2; squashes are nobody's work again.
    # Her second: commit 4, what she pushed, and the commit of 3: she wrote it for Grace.
    assert rows(told["people"], "contributors_weekly", *names) == [
        (date(2025, 12, 1), "ada", 1, 0, 0, 0, True),
        (FIRST, "ada", 4, 2, 1, 0, False),
        (FIRST, "grace", 0, 0, 0, 2, True),
        (FIRST, "linus", 0, 0, 0, 1, True),
        (SECOND, "ada", 3, 1, 2, 1, False),
        (SECOND, "grace", 0, 1, 0, 0, False),
    ]


def test_two_who_are_said_to_be_one_are_one_until_that_is_undone(told, request):
    """Linus is Grace: the first pull request has one reviewer, and the first week two contributors."""
    shop = told["one-person"]
    pairs = ["week", "author", "reviewer", "pull_request_count", "review_count"]

    assert rows(shop, "review_pairs", *pairs) == [(FIRST, "ada", "grace", 2, 5), (SECOND, "grace", "ada", 1, 1)]
    assert {person for (person,) in rows(shop, "contributors_weekly", "contributor")} == {"ada", "grace"}

    request.getfixturevalue("cloned")
    apart = ([{**row, "tenant_id": None} for row in each.rows("review_pairs")] for each in (shop, told["people"]))
    assert len(set(map(repr, (sorted(map(repr, each)) for each in apart)))) == 1


def test_work_time_leaves_out_nights_weekends_and_holidays_and_sums_over_a_change_of_clocks(told):
    """Friday from 15:00 on, Monday 9:00 (an hour earlier in UTC) to Wednesday after work, Tuesday left out."""
    (pull,) = told["new-york"].rows("pull_requests")
    parts = ["coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run", "total"]

    assert [pull[f"{part}_business_seconds"] / 3600 for part in parts] == [2, 1, 8, 1, 6, 0, 18]
    assert [pull[f"{part}_seconds"] / 3600 for part in parts] == [3, 63, 48, 1, 6.5, 0.5, 122]
    assert pull["team"] == "web"


def test_commits_after_the_first_review_are_rework(told):
    (pull,) = told["new-york"].rows("pull_requests")

    # Grace looks at it on Monday, Ada mends it on Tuesday. No clone has the commits: what they changed is not known.
    assert (pull["commit_count"], pull["rework_commit_count"], pull["rework_share"]) == (2, 1, None)
    reviewed = {row["number"]: row["rework_commit_count"] for row in told["people"].rows("pull_requests")}
    assert reviewed == {1: 0, 2: 0, 3: 0, 4: None}


def test_reviews_by_another_team_are_counted_where_both_are_in_one(told):
    shop = told["new-york"]
    (share,) = [
        (row["value"], row["n"], row["coverage"]) for row in shop.rows("repository_summary")
        if (row["window_days"], row["metric"]) == (30, "cross_team_review_share")
    ]  # fmt: skip

    assert rows(shop, "review_pairs", "reviewer", "is_cross_team") == [("grace", True), ("linus", None)]
    assert share == (1, 1, 0.5)


def test_commits_stand_at_the_hour_on_the_wall_of_the_authors_team(told):
    shop = told["new-york"]
    names = ["weekday", "hour", "commit_count"]
    last_month = [tuple(row[name] for name in names) for row in shop.rows("commit_hours") if row["window_days"] == 30]

    # Monday 8:00 UTC, Friday 20:00 UTC, and Tuesday 3:00 UTC, which is Monday after the change of clocks.
    assert sorted(last_month) == [(1, 3, 1), (1, 23, 1), (5, 15, 1)]
    assert rows(shop, "commits_weekly", "commit_count", "coverage", "changed_lines", "small_count") == [
        (1, 0, None, None), (2, 0, None, None),
    ]  # fmt: skip


def test_coverage_that_no_check_told_is_null(told):
    """The head's checks are of the changed lines alone, and of another thing."""
    names = ["is_head", "coverage_percent", "check_name"]

    assert rows(told["new-york"], "coverage", *names) == [(False, 82.5, "codecov/project"), (True, None, None)]


def test_grades_say_what_was_measured_and_what_the_next_one_takes(told):
    grades = {row["dimension"]: row for row in told["new-york"].rows("quality_grades")}
    shown = {name: (row["grade"], row["value"], row["n"]) for name, row in grades.items()}

    assert shown == {
        "coverage": (None, None, 0),
        "review": ("A", 1, 1),
        "pickup": ("A", 1, 1),
        "pull_request_size": ("A", 12, 1),
        "complexity": (None, None, 0),
        "hotspots": (None, None, 0),
        "stale_branches": (None, None, 0),
        "ci_failures": ("D", pytest.approx(1 / 3), 3),
        "direct_pushes": ("A", 0, 1),
    }
    assert grades["ci_failures"]["reason"] == (
        "33.3 % of the workflow runs on the default branch failed: D, C takes 20 % or less."
    )
    assert grades["pickup"]["reason"] == ("1 h of work time pass until the first review (median): A takes 4 h or less.")
    assert grades["coverage"]["reason"] == "No check has told the coverage of the head."


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
        "cross_team_review_share": (None, 0, 0),  # nobody is in a team
        "branch_lifetime": (9 * 3600, 3, 1),  # 1: 1 → 10; 2: 19 → 172; 4: 173 → 174
        "merge_share": (pytest.approx(1 / 3), 3, 1),
        "squash_share": (pytest.approx(2 / 3), 3, 1),
        "rebase_share": (0, 3, 1),
        "release_interval": ((49 + 125) / 2 * 3600, 2, None),  # v1 → v2: 1 → 50; v2 → v3: 50 → 175
        "direct_push_share": (0.25, 4, None),  # three pull requests and a commit; the root was there before
    }


def test_branches_tell_how_long_they_lie_idle_and_which_are_left_over(told):
    names = ["branch", "is_default", "idle_days", "is_stale", "has_open_pull_request", "is_left_over"]

    # Read on 9 March. 91 days before 2 March is 1 December, 98 days ago; 9 − 2 March are 7 days.
    assert rows(told["people"], "branches", *names) == [
        ("main", True, 0, False, False, False),
        ("odd", False, None, None, False, False),  # nobody has seen its commit
        ("spike", False, 98, True, False, False),
        ("topic-1", False, 7, False, False, True),
        ("topic-3", False, 0, False, True, False),
    ]


def test_a_full_release_follows_a_full_one(told):
    names = ["tag", "is_prerelease", "interval_seconds", "commit_count", "pull_request_count"]

    # Merged: 1 at hour 10, 2 at 172, 4 at 174. Pushed at 175; nobody has seen the commit that came with the merge of 4.
    assert rows(told["people"], "releases", *names) == [
        ("v1", False, None, None, None),
        ("v2", False, 49 * 3600, 1, 1),
        ("v2-rc", True, 10 * 3600, 1, 1),
        ("v3", False, 125 * 3600, 3, 2),
    ]


def test_a_tag_that_no_release_names_is_a_version_of_its_own(told):
    """`three` is a squash of two commits; `four` came before `v2` was published, and after its tag."""
    names = ["tag", "origin", "published_at", "interval_seconds", "commit_count", "pull_request_count"]
    summary = told["versions"].rows("repository_summary")

    assert rows(told["versions"], "releases", *names) == [
        ("build-1", "tag", at(2), 0.5 * 3600, 1, 0),
        ("v1", "release", at(1.5), None, None, None),
        ("v2", "release", at(6), 4.5 * 3600, 2, 1),
    ]
    assert [row["value"] for row in summary if (row["metric"], row["window_days"]) == ("release_interval", 30)] == [
        4.5 * 3600
    ]


def test_tags_of_a_clone_are_its_releases(told):
    """Three commits, one of them on a branch, and the merge; `v2` was set two hours later on the same commit."""
    shop = told["tags-only"]
    names = ["tag", "origin", "is_prerelease", "interval_seconds", "commit_count", "pull_request_count"]
    intervals = [
        (row["value"], row["n"]) for row in shop.rows("repository_summary")
        if (row["metric"], row["window_days"]) == ("release_interval", 30)
    ]  # fmt: skip

    assert rows(shop, "releases", *names) == [
        ("nightly", "tag", False, 12 * 3600, 4, None),
        ("v1", "tag", False, None, None, None),
        ("v2", "tag", False, 2 * 3600, 0, None),
    ]
    assert intervals == [(7 * 3600, 2)]


@pytest.fixture(scope="module")
def cloned(project: Project, told: dict[str, Company]) -> Company:
    """A clone with two branchy files, one of which is changed three times, and one that has no code.

    Its build is the one with which what was said of Linus counts no more.
    """
    shop = Company(project, "hotspots", "UTC")
    team = Team(shop)
    branchy = "def f(a):\n    if a:\n        return 1\n    return 2\n"
    team.clone.commit("long ago", -400 * 24, old_py=branchy)
    team.clone.commit("begin", 0, hot_py=branchy, cool_py=branchy, notes="words")
    team.clone.commit("more", 1, hot_py=branchy + "# 1\n")
    team.clone.commit("again", 2, hot_py=branchy + "# 2\n")
    team.clone.commit("bump", 3, cool_py=branchy + "# 3\n", author="renovate[bot]")
    team.sync(10)
    with project.warehouse.connect("loader") as database:
        database.execute("update app.override set undone_at = now() where kind = 'same_person'")
    told["one-person"].sync(WEEK + 8)
    project.build()
    return shop


def test_hotspots_are_complex_files_that_people_change(cloned):
    # One branch: complexity 2. The 4 lines of hot.py, then 1 more, then 1 deleted and 1 added.
    names = ["path", "complexity", "commit_count", "changed_lines", "score", "rank"]
    assert rows(cloned, "hotspots", *names) == [("cool.py", 2, 1, 4, 2, 2), ("hot.py", 2, 3, 7, 6, 1)]


def test_the_sizes_of_commits_come_from_a_clone(cloned):
    names = ["commit_count", "coverage", "added_lines", "deleted_lines", "median_lines", "small_count", "medium_count"]

    # The beginning: two files of 4 lines and one of words; then 1 line, then 1 for another.
    assert rows(cloned, "commits_weekly", *names) == [(1, 1, 4, 0, 4, 1, 0), (3, 1, 11, 1, 2, 3, 0)]
    grades = {row["dimension"]: row["grade"] for row in cloned.rows("quality_grades")}
    assert (grades["complexity"], grades["hotspots"], grades["review"]) == ("A", "A", None)


def test_what_was_not_measured_is_null_and_not_0(told):
    """A repository with one open pull request and no commit that anybody has seen."""
    values = {row["metric"]: row["value"] for row in told["unknown"].rows("repository_summary")}

    assert set(values.values()) == {None}


@pytest.mark.parametrize("mart", ["contributors_weekly", "review_pairs", "repository_summary"])
def test_a_bot_that_is_added_changes_no_figure_of_people(told, mart):
    companies = told["people"], told["people-and-bots"]
    without, beside = ([{**row, "tenant_id": None} for row in shop.rows(mart)] for shop in companies)

    assert without
    assert sorted(map(repr, beside)) == sorted(map(repr, without))

"""An incremental build gives the rows of a full refresh, and says which keys it changed.

One history for all tests: every company is built once, then something happens to each, then the news are built.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pipelines import removal
from tests.dbt_project import delivered
from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import CODE, DELIVERY, Project
from tests.dbt_project.team import Team

MARTS = DELIVERY + CODE
CLOCKS_GO_BACK = (796.9, 797.3, 797.9, 798.3, 798.9)  # 2 to 3 o'clock comes twice in Auckland on 5 April


@dataclass
class History:
    """Companies with a past of their own and one without news; what the second build said."""

    shop: Company
    other: Company
    quiet: Company
    moved: Company  # its rules change
    traveller: Company  # its time zone changes
    cloned: Company  # known by a clone alone, whose tags move
    removed: Company  # its connection is removed
    in_order: Company  # the shop's beginning, delivered at once
    mixed: Company  # the same rows shuffled, some twice, some late
    aged: Company  # of five months: windows of its first weeks are kept up to Sundays alone
    taken_back: Company  # its newest sync is forgotten, so its today is an earlier day
    before: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # the quiet one's rows of the first build
    first_days: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, list[tuple]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def history(project: Project) -> History:
    names = ("shop", "other", "quiet", "moved", "traveller", "cloned", "removed", "in-order", "mixed",
             "aged", "taken-back")  # fmt: skip
    zones = {"other": "America/New_York"}
    told = History(*(Company(project, name, zones.get(name, "UTC")) for name in names))
    for each in (told.shop, told.other, told.quiet, told.removed):
        each.commit("a", 0)
        each.deploy("a", 1, 1)
        each.commit("b", 30, ("a",))
    failed = told.shop.deploy("b", 31, 31)
    told.other.deploy("b", 31, 32, state="failure")
    pull = told.shop.pull_request(1, opened=2, commits={"work": 1}, merged=3, merge_sha="b", body="Fixes #5")
    told.shop.ticket(1, 1, "It hurts", content="https://github.com/shop/shop/issues/5")
    incident = told.shop.incident(5, opened=32)
    told.removed.pull_request(1, opened=2, commits={"work": 1}, merged=3, merge_sha="b")
    told.removed.review(1, 2.5)
    told.removed.add("repositories", id=1, name="shop", default_branch="main")
    told.removed.add("branches", name="main", sha=sha("b"), protected=True)
    told.removed.add("releases", id=1, tag_name="v1", draft=False, prerelease=False, published_at=at(3))
    release = told.shop.add("releases", id=2, tag_name="v1", draft=False, prerelease=False, published_at=at(3))
    told.shop.add("releases", id=3, tag_name="v2", draft=False, prerelease=False, published_at=at(4))
    told.shop.review(1, 2.5)
    told.removed.deploy("b", 31, 31)
    told.moved.commit("a", 0)
    told.moved.deploy("a", 1, 1, environment="blue")
    told.traveller.commit("a", 0)
    told.traveller.deploy("a", 15.5, 15.5)  # 23:30 UTC
    for hours in CLOCKS_GO_BACK:
        told.traveller.deploy("a", hours, hours)
        told.traveller.incident(round(hours * 10), opened=hours, closed=hours + 0.2)
    beginning = {table: list(rows) for table, rows in told.shop.new.items()}
    told.in_order.new = beginning
    late = delivered.shuffled(told.mixed, beginning)
    for each in (told.shop, told.other, told.quiet, told.moved, told.removed, told.in_order):
        each.sync(40)
    told.traveller.sync(900)
    for each in (told.aged, told.taken_back):
        each.commit("a", 0)
        for week in range(20):
            each.deploy("a", week * 168, week * 168)
        each.sync(19 * 168)
    told.taken_back.sync(19 * 168 + 120)
    team = Team(told.cloned).release_twice()
    team.sync(40)
    project.build()
    for mart in MARTS:
        project.changed(mart)
    told.before = {mart: project.rows(mart, told.quiet.tenant_id) for mart in MARTS}
    told.first_days = {
        "classes": [row["environment_class"] for row in told.moved.rows("deployments")],
        "day": told.traveller.rows("dora_daily", order="day")[0]["day"].day,
        "removed": {mart: len(told.removed.rows(mart)) for mart in MARTS},
        "totals": delivered.totals(told.traveller),
    }

    # A deployment vanishes, an incident ends, a late deployment falls between two others, another tenant's day ends.
    told.shop.gone("deployments", failed, 50)
    told.shop.add("issues", **{**incident, "state": "closed", "closed_at": at(45), "updated_at": at(45)})
    told.shop.add("pull_requests", **{**pull, "labels": [{"name": "hotfix"}]})
    told.shop.gone("releases", release, 50)
    told.shop.review(1, 2.8, login="linus")
    told.shop.deploy("b", 20, 20)
    told.shop.deploy("a", 50, 50)
    told.shop.sync(55)
    project.close(project.open(), status="failed")  # a build that saw the news and failed
    told.other.sync(60)
    told.mixed.new = late
    told.mixed.sync(40)
    told.aged.sync(19 * 168 + 72)
    told.moved.add("repositories", id=1, name="shop", default_branch="main")
    told.moved.sync(41)
    team.clone.commit("later", 50, a="3", hot_py="def f(a):\n    return a\n")
    team.clone.tag("v3")
    team.clone.git("tag", "-f", "v2", "HEAD~2")
    team.clone.git("tag", "-d", "v1")
    team.sync(60)
    with project.warehouse.connect_as_administrator() as database:
        newest = [told.taken_back.tenant_id, at(19 * 168)]
        database.execute("delete from app.sync_run where tenant_id = %s and as_of > %s", newest)
    with project.warehouse.connect("loader") as database:
        removal.remove_rows(database, "github", told.removed.tenant_id, told.removed.connection_id)
        database.execute(
            "insert into app.environment_rule (tenant_id, position, pattern, environment_class)"
            " values (%s, 1, 'blue', 'production')",
            [told.moved.tenant_id],
        )
        database.execute("insert into app.team (tenant_id, team) values (%s, 'web')", [told.moved.tenant_id])
        database.execute(
            "insert into app.team_repository (tenant_id, team, repository) values (%s, 'web', '*')",
            [told.moved.tenant_id],
        )
        database.execute(
            "insert into app.override (tenant_id, kind, subject, object, value, reason)"
            " values (%s, 'same_person', 'linus', 'grace', true, 'she told us')",
            [told.shop.tenant_id],
        )
        database.execute(
            "insert into app.team (tenant_id, team, time_zone) values (%s, 'web', 'Asia/Tokyo')", [told.shop.tenant_id]
        )
        database.execute(
            "insert into app.team_member (tenant_id, team, person) values (%s, 'web', 'ada')", [told.shop.tenant_id]
        )
        database.execute(
            "update app.tenant set time_zone = 'Pacific/Auckland' where tenant_id = %s", [told.traveller.tenant_id]
        )
    project.build()
    told.changed = {mart: project.changed(mart) for mart in MARTS}
    return told


def test_what_vanished_is_told_once(project: Project, history: History):
    changed = history.changed["deployments"]

    assert len(changed) == len(set(changed))
    gone = {key[1] for key in changed if key[0] == history.shop.tenant_id}
    assert len(gone - {row["deployment_id"] for row in history.shop.rows("deployments")}) == 1


def test_the_packages_of_a_failed_build_are_seen_by_the_next_one(project: Project, history: History):
    assert len(history.shop.rows("deployments")) == 3


def test_a_tenant_without_news_keeps_its_rows(project: Project, history: History):
    quiet = history.quiet.tenant_id

    assert {mart: project.rows(mart, quiet) for mart in MARTS} == history.before
    assert quiet not in {key[0] for keys in history.changed.values() for key in keys}


def test_a_change_of_the_rules_moves_the_whole_tenant(project: Project, history: History):
    assert history.first_days["classes"] == ["development"]
    assert [row["environment_class"] for row in history.moved.rows("deployments")] == ["production"]
    assert {row["environment_class"] for row in history.moved.rows("dora_daily")} == {"production"}
    assert "web" in {row["scope"] for row in history.moved.rows("dora_periods")}


def test_a_new_time_zone_moves_days_without_any_new_row(project: Project, history: History):
    assert history.first_days["day"] == 2
    assert history.traveller.rows("dora_daily", order="day")[0]["day"].day == 3


def test_a_new_time_zone_and_a_change_of_clocks_move_no_total(history: History):
    assert delivered.totals(history.traveller) == history.first_days["totals"]
    assert history.first_days["totals"]["dora_daily"]["deployment_count"] == 1 + len(CLOCKS_GO_BACK)


@pytest.mark.parametrize("mart", MARTS)
def test_rows_that_come_shuffled_twice_or_late_give_the_same_mart(history: History, mart: str):
    assert delivered.comparable(history.mixed, mart) == delivered.comparable(history.in_order, mart)


def test_windows_up_to_a_day_stay_for_91_days_and_then_those_up_to_sundays(history: History):
    for each, today in ((history.aged, at(19 * 168 + 72)), (history.taken_back, at(19 * 168))):
        rows = [row for row in each.rows("dora_periods") if row["period_kind"] == "rolling_7"]
        days = {(today.date() - row["last_day"]).days: row["last_day"] for row in rows}
        assert set(range(91)) <= set(days) and min(days) == 0
        assert len(days) > 95 and all(day.isoweekday() == 7 for age, day in days.items() if age > 90)


def test_tags_that_moved_or_left_a_clone_take_their_deployments_along(history: History):
    rows = history.cloned.rows("deployments", order="finished_at")

    assert [(row["ref"], row["change_count"]) for row in rows] == [("v2", 0), ("v3", 2)]


def test_a_removed_connection_is_in_no_mart(project: Project, history: History):
    left = {mart: history.removed.rows(mart) for mart in MARTS}

    assert {mart for mart, count in history.first_days["removed"].items() if not count} == {
        "hotspots", "ticket_deliveries",
    }  # no clone, no desk  # fmt: skip
    assert {row["value"] for row in left.pop("dora_summary")} <= {None, 0.0}  # the tenant itself is still there
    assert left == {mart: [] for mart in left}


def test_a_build_without_news_changes_nothing(project: Project, history: History):
    project.build()

    assert [project.changed(mart) for mart in MARTS] == [[]] * len(MARTS)


def test_incremental_builds_equal_a_full_refresh_whatever_moved(project: Project, history: History):
    incremental = project.checksums(MARTS)
    project.build(full=True)

    assert incremental == project.checksums(MARTS)

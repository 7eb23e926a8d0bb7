"""Marts of issues that are built bit by bit equal those that are built at once, whatever moved in between."""

import pytest

from pipelines import removal
from tests.dbt_project import delivered
from tests.dbt_project.company import at
from tests.dbt_project.project import Project
from tests.dbt_project.test_issues import BEFORE_TEXTS, MARTS, build
from tests.dbt_project.tracker import TEAM, Tracker

pytestmark = pytest.mark.slow  # fifteen builds


@pytest.fixture(scope="module")
def shops(project: Project) -> dict[str, Tracker]:
    """Tenants that are built once. Tests go on from where the one before them stopped."""
    shops = {name: Tracker(project, name, "Europe/Berlin") for name in ("busy", "quiet")}
    for shop in shops.values():
        shop.done = shop.issue("SHOP-1", 0)
        shop.move(shop.done, 5, "Done")
        shop.open = shop.issue("SHOP-2", 20, story_points=3.0)
        shop.other = shop.issue("SHOP-3", 21, priority={"name": "High"})
        shop.running = shop.sprint("First", 2)
        shop.put(shop.open, 30, shop.running)
        shop.call = shop.ticket("It hurts", 10, jira_issue_key="SHOP-2")
        shop.add("hubspot", "companies", id="9", name="Acme GmbH")
    shops["mixed"] = Tracker(project, "mixed", "Europe/Berlin")  # what the quiet one tells, in two deliveries
    halves = {source: delivered.mixed(tables) for source, tables in shops["quiet"].new.items()}
    shops["mixed"].new = {source: first for source, (first, _) in halves.items()}
    shops["mixed"].late = {source: late for source, (_, late) in halves.items()}
    for shop in shops.values():
        shop.sync(50)
    build(project, first=f"{BEFORE_TEXTS} +int_issues__names")
    for mart in MARTS:
        project.changed(mart)
    shops["quiet"].before = {mart: delivered.comparable(shops["quiet"], mart) for mart in MARTS}
    return shops


def equals_a_full_refresh(project: Project, first: str = "") -> None:
    found = project.checksums(MARTS)
    build(project, full=True, first=first)
    assert found == project.checksums(MARTS)


def views_of(project: Project) -> dict[str, int]:
    """Their number in the database, which is another one where a view was made again."""
    with project.warehouse.connect("transformer") as database:
        return dict(
            database.execute(
                "select viewname, concat(schemaname, '.', viewname)::regclass::oid from pg_views"
                " where schemaname in ('staging', 'intermediate')"
            ).fetchall()
        )


def worked_out_anew(project: Project) -> int:
    """How many issues the last build did not take as they were."""
    with project.warehouse.connect("transformer") as database:
        return database.execute("select count(*) from intermediate.int_issues__news").fetchone()[0]


def totals(shop: Tracker) -> dict[str, int]:
    names = ("created_count", "resolved_count", "reopened_count")
    return {name: sum(row[name] for row in shop.rows("issue_flow_daily")) for name in names}


def test_a_build_without_news_changes_nothing_and_makes_only_the_views_that_are_missing(project: Project, shops):
    before, views = project.checksums(MARTS), views_of(project)
    with project.warehouse.connect("transformer") as database:
        database.execute("drop view intermediate.int_issues__open_intervals cascade")
    build(project)

    assert project.checksums(MARTS) == before
    assert worked_out_anew(project) == 0
    assert [project.changed(mart) for mart in MARTS] == [[]] * len(MARTS)
    after = views_of(project)
    assert set(after) == set(views)
    made = {name for name, oid in after.items() if oid != views[name]}
    assert "int_issues__open_intervals" in made
    assert len(made) < len(views) / 5, made  # those over what is a new table each time


def test_what_was_reopened_moved_edited_or_deleted_reaches_the_marts(project: Project, shops):
    busy = shops["busy"]
    busy.move(busy.done, 60, "Doing")  # opened again
    busy.again("jira", "issues", busy.done)
    busy.open.update(custom_fields={TEAM: {"name": "Payments"}}, priority={"name": "Highest"})  # another group
    busy.estimate(busy.open, 61, 8.0)
    busy.again("jira", "issues", busy.open)
    busy.gone("jira", "issues", busy.other, 62)
    busy.again("hubspot", "tickets", {**busy.call, "company_ids": ["9"]})  # raises the linked issue's score
    busy.ticket("It hurts", 61, content="Acme cannot pay")
    busy.sync(63)
    shops["mixed"].new = shops["mixed"].late
    shops["mixed"].sync(50)
    build(project, first=BEFORE_TEXTS)

    issues = {row["key"]: row for row in busy.rows("issues") if row["source"] == "jira"}
    assert set(issues) == {"SHOP-1", "SHOP-2"}
    assert (issues["SHOP-1"]["status"], issues["SHOP-1"]["reopened_count"]) == ("open", 1)
    assert {row["severity"] for row in busy.rows("issue_flow_daily")} == {3, 5}  # nothing is left of severity 4
    moved = [tuple(key) for key in project.changed("issues") if key[0] != shops["mixed"].tenant_id]
    assert {key[0] for key in moved} == {busy.tenant_id} and len(moved) == 5
    assert [row["report_count"] for row in busy.rows("duplicate_groups")] == [3]
    assert [row["customers"] for row in busy.rows("duplicate_groups")] == [["Acme GmbH"]]


def test_work_began_with_its_first_stretch(project: Project, shops):
    """It is kept with the issue, and told by the stretches too."""
    query = """
        select
            issues.work_started_at, issues.is_in_progress,
            min(work.began_at),
            coalesce(bool_or(work.ended_at is null) filter (where work.issue_id is not null), false)
        from intermediate.int_issues__unioned as issues
        left join intermediate.int_issues__flow_intervals as work
            on issues.tenant_id = work.tenant_id and issues.issue_id = work.issue_id and work.kind = 'work'
        group by issues.tenant_id, issues.issue_id, issues.work_started_at, issues.is_in_progress
    """
    with project.warehouse.connect("transformer") as database:
        rows = database.execute(query).fetchall()

    assert [row for row in rows if row[:2] != row[2:]] == []
    assert any(row[0] for row in rows) and {row[1] for row in rows} == {True, False}


def test_a_new_day_without_any_change_adds_its_rows(project: Project, shops):
    busy = shops["busy"]
    busy.sync(100)  # nothing new, read four hours into the next day
    build(project)

    days = {row["day"].isoformat() for row in busy.rows("issue_flow_daily")}
    assert max(days) == "2026-03-06"
    assert {row["scored_on"].isoformat() for row in busy.rows("issue_priority")} == {"2026-03-06"}
    assert max(row["day"].isoformat() for row in shops["quiet"].rows("issue_flow_daily")) == "2026-03-04"


def test_rows_that_come_shuffled_twice_or_late_give_the_same_marts(project: Project, shops):
    for mart in MARTS:
        assert delivered.comparable(shops["mixed"], mart) == delivered.comparable(shops["quiet"], mart), mart


def test_late_history_a_status_that_changes_its_meaning_and_a_renamed_customer_reach_the_marts(project: Project, shops):
    busy = shops["busy"]
    late = busy.issue("SHOP-9", 12, "Done", statuscategorychangedate=at(90))
    busy.sync(101)
    build(project)
    busy.change(late, 40, field="status", fieldId="status", **{"from": "1", "to": "3"})
    busy.add("jira", "statuses", id="2", name="Doing", category_key="done")
    busy.again("jira", "issues", {**busy.done, "status": {"id": "2", "name": "Doing"}})
    busy.add("hubspot", "companies", id="9", name="Acme AG")
    busy.sync(102)
    build(project)

    issues = {row["key"]: row for row in busy.rows("issues")}
    assert issues[busy.call["id"]]["customer"] == "Acme AG"
    assert issues["SHOP-9"]["resolved_at"] == at(40)
    assert issues["SHOP-1"]["status"] == "resolved"


def test_what_a_failed_build_saw_is_not_lost_by_the_next(project: Project, shops):
    busy = shops["busy"]
    busy.move(busy.open, 103, "Done")
    busy.again("jira", "issues", busy.open)
    busy.sync(180)  # the week is complete by now
    failed = project.open()
    project.run("+int_issues__unioned")  # it stops before the marts
    project.close(failed, "failed")
    build(project, first=BEFORE_TEXTS)

    assert worked_out_anew(project) == 1
    assert {row["status"] for row in busy.rows("issues") if row["key"] == "SHOP-2"} == {"resolved"}
    equals_a_full_refresh(project, first=BEFORE_TEXTS)  # what the tests before this one moved is in it


def test_another_time_zone_and_other_rules_move_the_whole_tenant(project: Project, shops):
    busy = shops["busy"]
    before = totals(busy)
    with project.warehouse.connect("loader") as database:
        database.execute("update app.tenant set time_zone = 'Pacific/Auckland' where tenant_id = %s", [busy.tenant_id])
        database.execute(
            "insert into app.incident_rule (tenant_id, position, source, field, pattern)"
            " values (%s, 1, 'jira', %s, %s)",
            [busy.tenant_id, "priority", "high*"],
        )
        database.execute(
            "insert into app.load_package (load_id, tenant_id, connection_id, source) values ('s', %s, %s, 'app')",
            [busy.tenant_id, busy.tenant_id],
        )
    build(project)

    assert [row["key"] for row in busy.rows("issues", "key") if row["is_incident"]] == ["SHOP-2"]
    assert min(row["day"].isoformat() for row in busy.rows("issue_flow_daily")) == "2026-03-02"
    assert totals(busy) == before
    equals_a_full_refresh(project)


def test_no_tenant_changes_another_ones_figures(project: Project, shops):
    assert {mart: delivered.comparable(shops["quiet"], mart) for mart in MARTS} == shops["quiet"].before
    assert {row["key"] for row in shops["quiet"].rows("issues") if row["source"] == "jira"} == {
        "SHOP-1", "SHOP-2", "SHOP-3",
    }  # fmt: skip


def test_a_removed_site_is_in_no_mart_and_the_tickets_stay(project: Project, shops):
    busy = shops["busy"]
    before = [row for row in busy.rows("issues") if row["source"] == "hubspot"]
    assert len(before) < len(busy.rows("issues"))

    with project.warehouse.connect("loader") as database:
        removal.remove_rows(database, "jira", busy.tenant_id, busy.connections["jira"])
    build(project)

    assert [row["issue_id"] for row in busy.rows("issues")] == [row["issue_id"] for row in before]
    for mart in MARTS:
        rows = busy.rows(mart)
        if mart == "issue_trends":  # of several dimensions; the source is one
            rows = [{"source": row["value"]} for row in rows if row["dimension"] == "source"]
        assert {row.get("source", "of no source") for row in rows} <= {"hubspot"}, mart
    equals_a_full_refresh(project)

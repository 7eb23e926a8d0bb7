"""Sprints that are worked out one by one, by what was loaded of them and their issues, equal all at once."""

from types import SimpleNamespace

import pytest

from pipelines import removal
from tests.dbt_project.project import Project
from tests.dbt_project.tracker import Tracker

pytestmark = pytest.mark.slow  # ten builds

MODELS, MARTS = "+sprint_velocity", ("sprint_velocity",)


def build(project: Project, full: bool = False) -> None:
    build_id = project.open()
    project.run(MODELS, full)
    project.close(build_id)


@pytest.fixture(scope="module")
def story(project: Project) -> SimpleNamespace:
    """Built once, beside one that never has any news. Tests go on from where the one before them stopped."""
    shop, quiet = (Tracker(project, f"{name}-sprints-one-by-one") for name in ("shop", "quiet"))
    for each in (quiet, shop):
        first, second = each.sprint("First", 10), each.sprint("Second", 10)
        each.add("jira", "boards", id=1, name="Board", project_key="SHOP")
        moving, staying = each.issue("SHOP-1", 0, story_points=3.0), each.issue("SHOP-2", 0, story_points=5.0)
        each.put(moving, 1, first)
        each.put(staying, 1, second)
        each.sync(50)
    build(project)
    return SimpleNamespace(shop=shop, first=first, second=second, moving=moving, staying=staying)


def worked_out_anew(project: Project, shop: Tracker) -> list[str]:
    """The names of the sprints that the last build did not take as they were; of nobody else."""
    query = (
        "select sprints.name from intermediate.int_sprints__touched"
        " inner join staging.stg_jira__sprints as sprints using (tenant_id, sprint_id) {} order by 1"
    )
    with project.warehouse.connect("transformer") as database:
        of_all = database.execute(query.format("")).fetchall()  # type: ignore[arg-type]
        ours = database.execute(query.format("where tenant_id = %s"), [shop.tenant_id]).fetchall()  # type: ignore[arg-type]
    assert of_all == ours
    return [name for (name,) in ours]


def velocity(shop: Tracker) -> dict[str, dict]:
    return {row["name"]: row for row in shop.rows("sprint_velocity")}


def test_a_build_without_news_works_out_none(project: Project, story: SimpleNamespace) -> None:
    before = project.checksums(MARTS)
    build(project)

    assert worked_out_anew(project, story.shop) == []
    assert project.checksums(MARTS) == before


def test_an_estimate_has_its_sprint_worked_out(project: Project, story: SimpleNamespace) -> None:
    story.shop.estimate(story.staying, 51, 8.0)
    story.shop.again("jira", "issues", story.staying)
    story.shop.sync(52)
    build(project)

    assert worked_out_anew(project, story.shop) == ["Second"]
    assert velocity(story.shop)["Second"]["reestimated_points"] == 3


def test_an_issue_that_moves_has_both_worked_out(project: Project, story: SimpleNamespace) -> None:
    story.shop.put(story.moving, 53, story.second)
    story.shop.again("jira", "issues", story.moving)
    story.shop.sync(54)
    build(project)

    assert worked_out_anew(project, story.shop) == ["First", "Second"]
    assert velocity(story.shop)["First"]["removed_count"] == velocity(story.shop)["Second"]["added_count"] == 1


def test_a_close_has_the_sprint_worked_out_by_itself(project: Project, story: SimpleNamespace) -> None:
    story.shop.again("jira", "sprints", {**story.first, "state": "closed", "complete_date": "2026-03-05T00:00Z"})
    story.shop.sync(73)
    build(project)

    assert worked_out_anew(project, story.shop) == ["First"]
    assert velocity(story.shop)["First"]["carried_over_count"] == 0


def test_a_board_that_is_renamed_has_its_sprints_worked_out(project: Project, story: SimpleNamespace) -> None:
    story.shop.add("jira", "boards", id=1, name="Renamed", project_key="SHOP")
    story.shop.sync(74)
    build(project)

    assert {row["board"] for row in story.shop.rows("sprint_velocity")} == {"Renamed"}


def test_an_issue_that_is_gone_leaves_its_sprints(project: Project, story: SimpleNamespace) -> None:
    assert velocity(story.shop)["Second"]["committed_count"] == 1
    story.shop.gone("jira", "issues", story.staying, 75)
    story.shop.sync(76)
    build(project)

    assert worked_out_anew(project, story.shop) == ["Second"]
    assert velocity(story.shop)["Second"]["committed_count"] == 0


def test_a_sprint_that_is_gone_is_in_no_mart(project: Project, story: SimpleNamespace) -> None:
    story.shop.gone("jira", "sprints", story.first, 77)
    story.shop.sync(78)
    build(project)

    assert set(velocity(story.shop)) == {"Second"}


def test_all_of_it_equals_a_full_refresh(project: Project, story: SimpleNamespace) -> None:
    bit_by_bit = project.checksums(MARTS)
    build(project, full=True)

    assert project.checksums(MARTS) == bit_by_bit


def test_a_removed_connection_leaves_none(project: Project, story: SimpleNamespace) -> None:
    with project.warehouse.connect("loader") as database:
        removal.remove_rows(database, "jira", story.shop.tenant_id, story.shop.connections["jira"])
    build(project)

    assert story.shop.rows("sprint_velocity") == []

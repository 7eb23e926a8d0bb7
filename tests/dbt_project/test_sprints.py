"""Sprint facts, replayed from small changelogs whose figures can be worked out by hand."""

from uuid import uuid4

import pytest

from tests.dbt_project.project import Project
from tests.dbt_project.tracker import POINTS, Tracker

MODELS = "+sprint_velocity"
WORDS = {"custom_fields": {POINTS: "XL"}}


@pytest.fixture(scope="module")
def sprints(project: Project) -> dict[str, dict]:
    """A sprint from hour 10 to hour 90 with everything that happens to one, and those after it."""
    shop = Tracker(project, "sprints")
    first, second, future = shop.sprint("First", 10, 90), shop.sprint("Second", 100), shop.sprint("Third", None)

    done = shop.issue("SHOP-1", 0, story_points=5.0)  # promised, done; a new estimate after the close is too late
    shop.put(done, 1, first)
    shop.move(done, 50, "Done")
    shop.estimate(done, 200, 8.0)

    again = shop.issue("SHOP-2", 0, story_points=3.0)  # promised with 3, then 8; done, but open again at the close
    shop.put(again, 1, first)
    shop.estimate(again, 30, 8.0)
    shop.move(again, 40, "Done")
    shop.move(again, 60, "Doing")
    shop.put(again, 90, second)  # moved by the close itself
    shop.move(again, 95, "Done")  # too late

    late = shop.issue("SHOP-3", 0, story_points=2.0)  # came in after the start
    shop.put(late, 20, first)
    shop.move(late, 70, "Done")

    out = shop.issue("SHOP-4", 0, story_points=1.0)  # promised, taken out, nobody's any more
    shop.put(out, 1, first)
    shop.put(out, 35)
    shop.move(out, 36, "Done")

    unknown = shop.issue("SHOP-5", 0, story_points=-1.0)  # not estimated, in somebody's words; not done
    shop.put(unknown, 1, first)
    shop.put(unknown, 91, first, second)  # after the close: Jira keeps the closed sprint in the list

    part = shop.issue("SHOP-6", 0, issuetype={"name": "Sub-task", "subtask": True}, story_points=13.0)
    part["sprints"] = [{"id": first["id"], "name": "First"}]

    planned = shop.issue("SHOP-7", 0, story_points=5.0)
    shop.put(planned, 1, future)
    gone = shop.issue("SHOP-8", 0, story_points=21.0)
    shop.put(gone, 1, first)
    gone["_deleted_at"] = gone["created"]
    shop.sync(120)

    odd = Tracker(project, "odd-sprints")
    sized = odd.sprint("Sized", 10, 90)
    undated, unclosed = odd.sprint("Undated", 10, 90), odd.sprint("Unclosed", 10, 90)
    undated["start_date"] = unclosed["complete_date"] = None
    odd.sprint("Backwards", 90, 10)
    for number, fields in enumerate([WORDS, {"story_points": 2.0}, {}]):
        each = odd.issue(f"SHOP-{number}", 0, **fields)
        odd.put(each, 1, sized)
        odd.put(odd.issue(f"SHOP-1{number}", 0, story_points=1.0), 1, unclosed)
    odd.estimate(each, 20, "groß")
    each["story_points"] = None  # as it is loaded
    odd.move(each, 80, "Done")
    odd.sync(120)

    sites = Tracker(project, "sites")
    for site, points in (("North", 5.0), ("South", 8.0)):
        sprint = sites.sprint(site, 10, 90)
        sprint["id"] = 4
        same = sites.issue("SHOP-1", 0, id="40", story_points=points)
        sites.put(same, 1, sprint)
        sites.move(same, 50, "Done")
        sites.sync(120)
        sites.connections["jira"] = uuid4()

    build_id = project.open()
    project.run(MODELS)
    project.close(build_id)
    return {row["name"]: row for each in (shop, odd, sites) for row in each.rows("sprint_velocity")}


def test_promised_is_what_was_in_the_sprint_when_it_started_with_the_points_of_then(sprints):
    assert (sprints["First"]["committed_points"], sprints["First"]["committed_count"]) == (5 + 3 + 1, 4)


def test_done_is_what_was_done_when_it_really_closed(sprints):
    assert (sprints["First"]["completed_points"], sprints["First"]["completed_count"]) == (5 + 2, 2)
    assert (sprints["First"]["carried_over_points"], sprints["First"]["carried_over_count"]) == (8, 2)
    assert sprints["First"]["say_do_ratio"] == pytest.approx(7 / 9)


def test_scope_that_came_in_or_went_out_is_told_apart(sprints):
    assert (sprints["First"]["added_points"], sprints["First"]["removed_points"]) == (2, 1)
    assert sprints["First"]["reestimated_points"] == 8 - 3
    assert sprints["First"]["unestimated_count"] == 1


def test_points_in_and_out_of_a_sprint_add_up(sprints):
    first = sprints["First"]
    came = first["committed_points"] + first["added_points"] - first["removed_points"] + first["reestimated_points"]

    assert came == first["completed_points"] + first["carried_over_points"]


def test_a_running_sprint_has_no_outcome_yet(sprints):
    second = sprints["Second"]

    assert (second["committed_count"], second["completed_points"]) == (2, 8)  # SHOP-2 and SHOP-5
    assert (second["say_do_ratio"], second["carried_over_points"], second["closed_at"]) == (None, None, None)


def test_a_future_sprint_has_no_row(sprints):
    assert {"First", "Second"} <= set(sprints) and "Third" not in sprints


def test_points_in_words_are_flagged_and_count_as_none(sprints):
    sized = sprints["Sized"]

    assert (sized["committed_points"], sized["unestimated_count"], sized["unreadable_count"]) == (2, 2, 2)
    assert (sized["say_do_ratio"], sized["say_do_ratio_of_issues"]) == (0, pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Undated", "It has no date of its start."),
        ("Backwards", "It was closed before it started."),
        ("Unclosed", "It is closed, without the date of its close."),
    ],
)
def test_a_sprint_whose_dates_say_nothing_has_the_reason_instead_of_figures(sprints, name, reason):
    row = sprints[name]

    assert row["unmeasured_reason"] == reason
    assert {row[figure] for figure in ("committed_count", "completed_points", "carried_over_count")} == {None}


def test_two_sites_with_the_same_sprint_and_issue_do_not_mix(sprints):
    promised = {
        name: (sprints[name]["committed_points"], sprints[name]["completed_count"]) for name in ("North", "South")
    }

    assert promised == {"North": (5, 1), "South": (8, 1)}

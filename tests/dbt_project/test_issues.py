"""Issues, their flow, severity and priority, on small stories whose figures can be worked out by hand."""

from datetime import timedelta

import pytest

from pipelines import signals
from tests.dbt_project.company import Company, at
from tests.dbt_project.issue_stories import AS_OF, STORIES, label_issues
from tests.dbt_project.previewed import rules_in_force
from tests.dbt_project.project import Project
from tests.dbt_project.tracker import Tracker

BEFORE_TEXTS = "+int_issues__comparable +int_issues__links int_issues__names"
MODELS = "+path:models/marts/velocity +path:models/marts/severity +int_throughput__scopes"
MARTS = (
    "issues", "issue_flow_daily", "sprint_velocity", "severity_daily", "issue_priority", "time_in_status",
    "status_flow_weekly", "wip_ageing", "throughput_weekly", "delivery_forecasts", "throughput_forecasts",
    "story_point_estimates", "issue_mentions", "similar_issues", "duplicate_members", "duplicate_groups",
    "issue_trends", "source_comparison",
)  # fmt: skip
DAY = 86_400.0


@pytest.fixture(scope="module")
def labelled(project: Project) -> Company:
    """A company whose issues are GitHub's, with labels."""
    company = Company(project, "labels", "UTC")
    label_issues(company)
    return company


@pytest.fixture(scope="module")
def told(project: Project, labelled: Company) -> dict[str, Tracker]:
    """Every story in a tenant of its own, all built at once. The first instant is 2026-03-02 08:00 UTC."""
    trackers = {}
    for name, tell in STORIES.items():
        zone = {"tokyo": "Asia/Tokyo"}.get(name, "UTC")
        trackers[name] = Tracker(project, name.replace("_", "-"), zone)
        tell(trackers[name])
        trackers[name].sync(as_of=AS_OF.get(name, 80))
    build(project, first=f"{BEFORE_TEXTS} +int_issues__names")
    return trackers


def build(project: Project, full: bool = False, first: str = "") -> None:
    """What a transform does; `first`: the models before Python reads the texts, which is left out without any."""
    build_id = project.open()
    if first:
        project.run(first, full)
        signals.find_mentions(project.warehouse, full)
        signals.group_issues(project.warehouse, full)
    project.run(MODELS, full, exclude=first)
    project.close(build_id)


def test_a_reopened_issue_is_created_once_and_resolved_twice(told):
    assert told["reopened"].flow() == {
        "2026-03-02": (1, 1, 0, 0),
        "2026-03-03": (0, 0, 1, 1),
        "2026-03-04": (0, 1, 0, 0),
        "2026-03-05": (0, 0, 0, 0),
    }
    (issue,) = told["reopened"].rows("issues")
    assert (issue["status"], issue["resolved_at"], issue["reopened_count"]) == ("resolved", at(50), 1)


def test_age_is_measured_at_the_end_of_days_that_end_with_an_open_issue(told):
    ages = [row["age_p50_seconds"] for row in told["reopened"].rows("issue_flow_daily", "day")]

    assert ages == [None, 40 * 3600.0, None, None]


def test_the_day_of_a_resolution_says_how_long_it_took_and_by_how_much_the_open_ones_grew(told):
    rows = told["reopened"].rows("issue_flow_daily", "day")

    assert [row["time_to_resolve_p50_seconds"] for row in rows] == [5 * 3600.0, None, 50 * 3600.0, None]
    assert [row["net_count"] for row in rows] == [0, 1, -1, 0]


def test_time_in_a_status_adds_up_over_all_visits_and_leaves_out_the_one_that_lasts(told):
    found = {row["status"]: row for row in told["reopened"].rows("time_in_status")}

    facts = {status: (row["seconds"], row["visit_count"], row["is_current"]) for status, row in found.items()}
    hour = 3600.0
    assert facts == {
        "To Do": (5 * hour, 1, False),
        "Done": (21 * hour, 2, True),
        "Doing": (24 * hour, 1, False),
        "Fertig": (1 * hour, 1, False),
    }
    assert (found["Done"]["first_entered_at"], found["Done"]["last_entered_at"]) == (at(5), at(51))
    assert {row["category"] for row in found.values()} == {"to_do", "in_progress", "done"}


def test_work_in_progress_is_counted_at_the_end_of_the_day(told):
    wip = [row["wip_count"] for row in told["reopened"].rows("issue_flow_daily", "day")]

    assert wip == [0, 1, 0, 0]


def test_the_age_of_work_stands_against_what_its_project_needed(told):
    found = {row["key"]: row for row in told["work"].rows("wip_ageing")}

    assert set(found) == {"SHOP-10", "SHOP-11", "WEB-1"}
    old, back, alone = found["SHOP-10"], found["SHOP-11"], found["WEB-1"]
    assert (old["age_days"], old["status_age_days"], old["is_in_progress"]) == (4, 4, True)
    assert (old["cycle_n"], old["cycle_days_p50"], old["age_percentile"], old["is_late"]) == (5, 2.0, 1.0, True)
    assert (back["age_days"], back["status_age_days"], back["is_in_progress"]) == (3, 2, False)
    assert (alone["age_days"], alone["cycle_n"], alone["age_percentile"], alone["is_late"]) == (4, None, None, None)


def test_a_visit_to_a_status_counts_in_the_week_in_which_it_ended(told):
    found = {row["status"]: row for row in told["work"].rows("status_flow_weekly") if row["project"] == "SHOP"}

    assert (found["Doing"]["n"], found["Doing"]["seconds_p50"]) == (6, (25 + 25) / 2 * 3600)
    assert {row["week"].isoformat() for row in found.values()} == {"2026-03-02"}


def test_an_issue_without_history_was_resolved_when_its_status_category_changed(told):
    (issue,) = told["without_history"].rows("issues")

    assert (issue["status"], issue["resolved_at"]) == ("resolved", at(30))
    (only,) = told["without_history"].rows("time_in_status")  # where it was before, nobody knows
    assert (only["status"], only["first_entered_at"], only["seconds"]) == ("Done", at(30), None)


def test_days_are_cut_in_the_tenants_zone(told):
    created = {day: counts[0] for day, counts in told["tokyo"].flow().items() if counts[0]}

    assert created == {"2026-03-02": 1, "2026-03-03": 1}
    assert max(told["tokyo"].flow()) == "2026-03-06"  # 80 hours later it is one in the morning there


def test_a_closed_stage_resolves_a_ticket_and_archived_ones_are_none(told):
    rows = {row["title"]: row for row in told["tickets"].rows("issues")}

    statuses = {title: row["status"] for title, row in rows.items()}
    assert statuses == {"Cannot pay": "resolved", "Again cannot pay": "open"}
    assert (rows["Cannot pay"]["resolved_at"], rows["Cannot pay"]["customer"]) == (at(40), "Acme GmbH")
    assert rows["Again cannot pay"]["customer"] is None


def test_severity_names_what_it_comes_from(told):
    found = {row["title"]: (row["severity"], row["severity_reason"]) for row in told["tickets"].rows("issues")}

    assert found["Cannot pay"] == (4, "priority = high")
    assert found["Again cannot pay"] == (3, "default: no priority, label or type says otherwise")


def test_wont_do_is_resolved_but_not_delivered(told):
    found = {row["key"]: (row["status"], row["is_delivered"]) for row in told["outcomes"].rows("issues")}

    assert found["SHOP-1"] == found["SHOP-3"] == ("resolved", True)
    assert found["SHOP-2"] == ("resolved", False)
    assert found["SHOP-4"] == ("open", False)


def test_incidents_are_known_in_every_language(told):
    found = {row["key"]: (row["is_incident"], row["severity_reason"]) for row in told["outcomes"].rows("issues")}

    assert found["SHOP-4"] == (True, "type = incident")
    assert not any(is_incident for key, (is_incident, _) in found.items() if key != "SHOP-4")


def test_the_team_is_the_field_of_that_name(told):
    assert {row["team"] for row in told["outcomes"].rows("issues")} == {None, "Payments"}
    assert {row["team"] for row in told["outcomes"].rows("issue_flow_daily")} == {"none", "Payments"}


def test_priority_rises_with_severity_and_with_the_customers_of_linked_tickets(told):
    rows = {row["key"]: row for row in told["priorities"].rows("issue_priority") if row["source"] == "jira"}

    assert set(rows) == {"SHOP-1", "SHOP-2", "SHOP-3"}  # only what is open
    assert rows["SHOP-2"]["score"] > rows["SHOP-3"]["score"] > rows["SHOP-1"]["score"]
    assert (rows["SHOP-1"]["customer_count"], rows["SHOP-3"]["customer_count"]) == (0, 2)
    # Low is 2 of 5 with weight 3; three days old with weight .5 and half at 30; untouched for three days, half at 7.
    assert rows["SHOP-1"]["severity_factor"] == pytest.approx(1 + 3 * 2 / 5)
    assert rows["SHOP-1"]["age_factor"] == pytest.approx(1 + 0.5 * 3 / 33)
    assert rows["SHOP-1"]["recency_factor"] == pytest.approx(1 + 0.5 * 7 / 10)
    assert rows["SHOP-3"]["customers_factor"] == pytest.approx(1 + 2 / 5)


def test_a_zendesk_ticket_is_done_when_solved_and_reopened_when_it_is_not(told):
    assert told["desk"].flow(source="zendesk") == {
        "2026-03-02": (3, 2, 0, 1),
        "2026-03-03": (0, 0, 1, 2),
        "2026-03-04": (0, 1, 0, 1),
        "2026-03-05": (0, 0, 0, 1),
    }
    rows = {row["title"]: row for row in told["desk"].rows("issues") if row["source"] == "zendesk"}
    cold, merged, still = rows["The oven is cold"], rows["Cold oven"], rows["Still cold"]
    assert (cold["status"], cold["resolved_at"], cold["is_delivered"]) == ("resolved", at(50), True)
    assert (cold["severity"], cold["type"], cold["customer"], cold["reporter"]) == (
        3,
        "incident",
        "Bakery",
        "Ann Baker",
    )
    assert (merged["status"], merged["is_delivered"], merged["severity"]) == ("resolved", False, 5)
    assert (merged["labels"], merged["is_incident"]) == (["closed_by_merge"], True)
    assert (still["status"], still["type"], still["severity"]) == ("open", "ticket", 3)
    priorities = {row["key"]: row for row in told["desk"].rows("issue_priority")}
    assert priorities["SHOP-1"]["customer_count"] == 1


def test_the_shares_of_a_score_add_up_to_one(told):
    for row in told["priorities"].rows("issue_priority"):
        shares = [row[f"{factor}_share"] for factor in ("severity", "age", "recency", "customers")]
        assert sum(shares) == pytest.approx(1)


def test_severity_daily_adds_up_to_the_issues(told):
    for tracker in told.values():
        expected: dict[tuple, int] = {}
        for row in tracker.rows("issues"):
            key = row["source"], row["severity"]
            expected[key] = expected.get(key, 0) + 1
        found: dict[tuple, int] = {}
        for row in tracker.rows("severity_daily"):
            found[row["source"], row["severity"]] = found.get((row["source"], row["severity"]), 0) + row["issue_count"]
        assert found == expected


def test_a_preview_judges_issues_as_the_models_do(project: Project, told):
    tenants = [tracker.tenant_id for tracker in told.values()]
    found = rules_in_force(project, tenants, "incident_rules", "issue_classes")

    assert sum(one.total or 0 for one in found) == sum(len(tracker.rows("issues")) for tracker in told.values())
    severities = rules_in_force(project, tenants, "severity_rules", "issue_classes")
    assert [change for one in (*found, *severities) for change in one.changes] == []


def test_throughput_is_counted_in_complete_weeks_with_empty_ones(told):
    rows = [row for row in told["throughput"].rows("throughput_weekly", "week") if row["project"] == "SHOP"]

    counted = [(row["delivered_count"], row["dropped_count"], row["delivered_points"], row["coverage"]) for row in rows]
    empty = (0, 0, None, None)
    assert counted == [(2, 1, 3.0, 0.5), empty, (1, 0, None, 0.0), empty, empty, empty]
    assert (rows[0]["week"].isoformat(), rows[-1]["week"].isoformat()) == ("2026-03-02", "2026-04-06")


@pytest.fixture(scope="module")
def later(project: Project, told: dict[str, Tracker]) -> None:
    """What Python made of the first build comes in."""
    signals.forecast_delivery(project.warehouse)
    signals.estimate_points(project.warehouse)
    build(project)


def test_open_work_has_dates_by_scope_and_two_sites_do_not_mix(told, later):
    found = {
        (row["project"], row["scope_kind"], row["scope"]): row for row in told["throughput"].rows("delivery_forecasts")
    }

    assert {key: row["remaining_count"] for key, row in found.items()} == {
        ("SHOP", "backlog", "SHOP"): 2,
        ("SHOP", "sprint", "Now"): 2,
        ("SHOP", "epic", "SHOP-100 Issue SHOP-100"): 2,
        ("WEB", "backlog", "WEB"): 1,
        ("WEB", "epic", "SHOP-100 Issue SHOP-100"): 1,
    }
    sprint, other = found["SHOP", "sprint", "Now"], found["WEB", "backlog", "WEB"]
    assert (sprint["made_on"].isoformat(), sprint["week_count"], sprint["weekly_mean"]) == ("2026-04-13", 6, 0.5)
    assert sprint["made_on"] < sprint["day_p50"] < sprint["day_p85"] <= sprint["day_p95"]
    assert other["refusal_reason"] == "Nothing was delivered in the last 6 complete weeks."
    assert {row["project"] for row in told["throughput"].rows("throughput_forecasts")} == {"SHOP"}


def test_open_issues_without_points_are_listed_with_what_keeps_them_from_an_estimate(told, later):
    found = {(row["project"], row["key"]): row for row in told["throughput"].rows("story_point_estimates")}

    assert set(found) == {("SHOP", "SHOP-7"), ("SHOP", "SHOP-8"), ("WEB", "SHOP-7")}
    reason = "Only 1 estimated issues in the project; an estimate needs 20."
    assert found["SHOP", "SHOP-7"]["refusal_reason"] == reason


def test_a_github_issue_has_the_severity_of_its_labels(told, labelled):
    first, second = labelled.rows("issues", "key")
    assert (first["severity"], first["component"], first["status"]) == (5, "checkout", "resolved")
    assert (second["severity"], second["is_incident"]) == (3, False)
    assert first["time_to_resolve_seconds"] == timedelta(hours=3).total_seconds()
    assert first["id"] == first["issue_id"] and first["deleted_at"] is None


def test_a_duplicate_that_somebody_named_is_one(told, labelled):
    methods = {row["key"].split("#")[1]: row["method"] for row in labelled.rows("duplicate_members")}

    assert methods == {"1": "first_report", "2": "named_duplicate"}


def test_reports_of_one_problem_are_one_row_with_its_customers(told):
    (group,) = told["reports"].rows("duplicate_groups")

    assert (group["key"], group["report_count"], group["linked_count"], group["similar_count"]) == ("SHOP-1", 6, 3, 2)
    assert group["customers"] == ["Blue Harbor", "Cedar Clinics GmbH"]
    assert (group["customer_count"], group["coverage"], group["component"]) == (2, 4 / 6, "Checkout")
    assert (group["sources"], group["status"], group["open_count"]) == (["hubspot", "jira"], "open", 6)


def test_every_member_of_a_group_says_how_it_came_there(told):
    members = told["reports"].rows("duplicate_members", "created_at")

    assert [row["method"] for row in members] == [
        "first_report", "ticket_field", "similarity", "similarity", "key_in_text", "jira_link",
    ]  # fmt: skip
    assert {row["similarity"] for row in members if row["method"] != "similarity"} == {None}


def test_a_name_in_the_text_fills_what_the_source_does_not_know(told):
    rows = {row["title"]: row for row in told["reports"].rows("issues") if row["source"] == "hubspot"}
    search, other = rows["Search shows the wrong total for discount codes"], rows["Something else"]

    assert (search["component"], search["component_reason"]) == ("Search", "named in the title")
    assert (search["customer"], search["customer_reason"]) == (None, None)
    assert (other["component"], other["customer"], other["customer_reason"]) == (None, "Blue Harbor", "source")
    named = [row for row in told["reports"].rows("issue_mentions", "position") if row["kind"] == "customer"]
    assert [(row["name"], row["matched_text"], row["field"], row["position"]) for row in named] == [
        ("Cedar Clinics GmbH", "Cedar Clinics", "body", 0), ("Cedar Clinics GmbH", "Cedar Clinics", "body", 31),
    ]  # fmt: skip


def test_similar_issues_come_nearest_first_and_of_ones_own_tenant(told):
    (group,) = told["reports"].rows("duplicate_groups")
    rows = told["reports"].rows("similar_issues", "issue_id, rank")
    ids = {row["issue_id"] for row in told["reports"].rows("issues")}

    assert {row["similar_issue_id"] for row in rows} <= ids and group["group_id"] in ids
    for issue in ids:
        distances = [row["distance"] for row in rows if row["issue_id"] == issue]
        assert distances == sorted(distances) and issue not in [
            r["similar_issue_id"] for r in rows if r["issue_id"] == issue
        ]


def test_trends_have_complete_periods_only_and_the_change_to_the_one_before(told):
    rows = [row for row in told["seasons"].rows("issue_trends", "period_start") if row["dimension"] == "all"]
    weeks = [
        (str(row["period_start"]), row["created_count"], row["created_change"], row["open_count"], row["open_change"])
        for row in rows if row["period"] == "week"
    ]  # fmt: skip

    assert weeks == [
        ("2026-01-26", 2, None, 2, None), ("2026-02-02", 0, -2, 2, 0), ("2026-02-09", 1, 1, 3, 1),
        ("2026-02-16", 2, 1, 4, 1), ("2026-02-23", 2, 0, 5, 1),
    ]  # fmt: skip
    (january, february) = [row for row in rows if row["period"] == "month"]
    assert (january["created_count"], february["created_count"], february["created_change_ratio"]) == (1, 6, 5.0)
    assert (february["resolved_count"], february["time_to_resolve_p50_seconds"], february["coverage"]) == (1, DAY, 1)


def test_trends_by_component_count_the_same_issues(told):
    rows = told["seasons"].rows("issue_trends", "period_start")
    weeks = [row for row in rows if row["period"] == "week" and str(row["period_start"]) == "2026-02-23"]

    assert {row["value"]: row["open_count"] for row in weeks if row["dimension"] == "component"} == {
        "Checkout": 2, "none": 3,
    }  # fmt: skip
    for dimension in ("source", "severity", "component"):
        assert sum(row["created_count"] for row in weeks if row["dimension"] == dimension) == 2


def test_sources_are_compared_side_by_side(told):
    rows = {(row["source"], row["window_days"]): row for row in told["seasons"].rows("source_comparison")}
    hubspot, jira = rows["hubspot", 30], rows["jira", 90]

    assert (hubspot["created_count"], hubspot["resolved_count"], hubspot["open_count"]) == (1, 1, 1)
    assert (hubspot["reopened_share"], hubspot["linked_share"], hubspot["time_to_resolve_p50_seconds"]) == (1, 1, None)
    assert (jira["created_count"], jira["resolved_count"], jira["severity_3_count"], jira["severe_share"]) == (
        6,
        1,
        6,
        0,
    )
    assert (jira["time_to_resolve_p50_seconds"], jira["reopened_share"], jira["linked_share"]) == (DAY, 0, 1 / 6)
    assert rows["jira", 30]["created_count"] == 4  # of the last thirty days: from 4 February on

"""The delivery marts, on small stories with figures worked out by hand. All are told first and built at once."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dbt_project import bad_input
from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.delivery_stories import STORIES
from tests.dbt_project.previewed import rules_in_force
from tests.dbt_project.project import Project

HOUR = 3600.0


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Company]:
    companies = {}
    for name, tell in STORIES.items():
        zone = "Asia/Tokyo" if name == "days" else "UTC"
        companies[name] = Company(project, name.replace("_", "-"), zone)
        tell(companies[name])
    project.build()
    return companies


def test_a_ticket_is_followed_to_the_deployment_that_ends_the_wait(told):
    rows = [row for row in told["complaints"].rows("ticket_deliveries", "pull_request_key") if row["ticket_key"] == "1"]
    pulls = [row["pull_request_key"].split("#")[1] for row in rows]

    assert pulls == ["1", "2", "3"]
    assert [row["pull_request_method"] for row in rows] == ["remote_link", "key_in_title", "key_in_text"]
    assert [row["is_abandoned"] for row in rows] == [False, False, True]
    assert [row["to_deploy_seconds"] for row in rows] == [7 * HOUR, 17 * HOUR, None]
    assert [row["waited_seconds"] for row in rows] == [None, 17 * HOUR, None]
    assert (rows[0]["issue_method"], rows[0]["to_issue_seconds"], rows[0]["to_merge_seconds"]) == (
        "ticket_field", HOUR, 3 * HOUR,
    )  # fmt: skip


def test_a_chain_ends_with_what_is_not_there(told):
    rows = {row["ticket_key"]: row for row in told["complaints"].rows("ticket_deliveries") if row["ticket_key"] in "23"}
    waiting, alone = rows["2"], rows["3"]

    assert (waiting["issue_key"], waiting["issue_method"]) == ("SHOP-2", "key_in_text")
    assert (waiting["pull_request_method"], waiting["merged_at"], waiting["is_answer"]) == ("branch_name", None, False)
    assert waiting["to_issue_seconds"] is None  # the issue was there before the ticket
    assert (alone["issue_id"], alone["pull_request_id"], alone["deployment_id"], alone["waited_seconds"]) == (None,) * 4


def test_what_was_out_before_the_ticket_came_is_no_answer_to_it(told):
    rows = [row for row in told["complaints"].rows("ticket_deliveries", "pull_request_key") if row["ticket_key"] == "4"]

    assert [row["waited_seconds"] for row in rows] == [None, 9 * HOUR, None]
    assert rows[0]["to_deploy_seconds"] is None


def test_a_change_is_delivered_by_the_first_deployment_that_contains_it(told):
    delivered = [row for row in told["squash"].rows("change_deployments") if not row["is_baseline"]]

    assert [(row["number"], row["attribution_method"]) for row in delivered] == [(7, "merge_commit")]
    assert delivered[0]["lead_time_seconds"] == 4.5 * HOUR


def test_a_pull_request_that_was_closed_without_a_merge_is_delivered_by_nothing(told):
    pulls = {row["number"]: row for row in told["squash"].rows("pull_requests")}

    assert pulls[9]["deployed_at"] is None and pulls[9]["merged_at"] is None


def test_what_the_first_observed_deployment_contains_is_the_baseline(told):
    rows = {row["sha"]: row for row in told["squash"].rows("change_deployments")}

    assert rows[sha("root")]["is_baseline"] and rows[sha("root")]["attribution_method"] == "baseline"
    assert rows[sha("root")]["lead_time_seconds"] is None
    assert {row["sha"]: row["change_count"] for row in told["squash"].rows("deployments")} == {
        sha("root"): 0, sha("squashed"): 1,
    }  # fmt: skip


def test_the_six_parts_of_a_pull_request_sum_to_its_total(told):
    (pull,) = [row for row in told["squash"].rows("pull_requests") if row["number"] == 7]
    parts = {
        name: pull[f"{name}_seconds"] / HOUR
        for name in ("coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run")
    }

    assert parts == pytest.approx(
        {"coding": 1, "pickup": 0.5, "review": 1, "merge_wait": 0.5, "deploy_wait": 1, "deploy_run": 0.5}
    )
    assert sum(parts.values()) * HOUR == pytest.approx(pull["total_seconds"])


def test_what_has_not_happened_yet_has_no_duration(told):
    pulls = {row["number"]: row for row in told["squash"].rows("pull_requests")}

    assert (pulls[10]["deploy_wait_seconds"], pulls[10]["deploy_run_seconds"], pulls[10]["total_seconds"]) == (
        None,
    ) * 3
    assert (pulls[8]["pickup_seconds"], pulls[8]["review_seconds"], pulls[8]["merge_wait_seconds"]) == (None,) * 3


def test_a_rollback_delivers_nothing_and_marks_what_it_took_back(told):
    rows = told["rollback"].rows("deployments", order="finished_at")

    assert [row["is_rollback"] for row in rows] == [False, False, True, False, False]
    assert [row["is_redeploy"] for row in rows] == [False, False, False, True, False]
    assert [row["is_change_failure"] for row in rows] == [False, True, False, False, False]
    assert [row["change_count"] for row in rows] == [0, 1, 0, 0, 1]
    assert rows[1]["recovery_seconds"] == HOUR
    assert rows[1]["remediating_deployment_id"] == rows[2]["deployment_id"]


def test_a_rollback_is_not_in_the_change_failure_rates_denominator(told):
    rates = {
        row["metric"]: row
        for row in told["rollback"].rows("dora_summary")
        if row["scope_kind"] == "tenant" and row["window_days"] == 7
    }

    assert (rates["change_failure_rate"]["value"], rates["change_failure_rate"]["n"]) == (0.25, 4)
    assert rates["recovery_time"]["value"] == HOUR
    assert rates["recovery_time"]["band_year"] == 2023
    assert rates["time_to_restore"]["value"] is None


def test_a_deployment_ends_with_its_first_success_not_with_its_superseding(told):
    rows = told["failures"].rows("deployments", order="started_at")

    assert rows[0]["status"] == "success" and rows[0]["finished_at"] == at(1.5)
    assert (rows[1]["status"], rows[1]["is_failed"], rows[1]["is_change_failure"]) == ("failure", True, False)
    assert rows[2]["finished_at"] is None and not rows[2]["is_failed"]


def test_environments_are_lower_cased_and_mapped(told):
    rows = told["failures"].rows("deployments", order="started_at")

    assert (rows[3]["environment"], rows[3]["environment_class"]) == ("github-pages", "development")
    assert (rows[4]["environment"], rows[4]["environment_class"]) == ("prod-eu", "production")


def test_an_incident_makes_a_change_failure_of_what_it_names_or_follows(told):
    rows = told["incident"].rows("deployments", order="finished_at")

    assert [row["change_failure_kind"] for row in rows] == ["incident_link", "incident_nearby", None]
    assert rows[1]["recovery_seconds"] == 6 * HOUR


def test_time_to_restore_counts_every_incident(told):
    (row,) = [
        row for row in told["incident"].rows("dora_summary")
        if (row["scope_kind"], row["window_days"], row["metric"]) == ("tenant", 7, "time_to_restore")
    ]  # fmt: skip

    assert (row["value"], row["n"]) == (2 * HOUR, 3)


def test_a_revert_makes_a_change_failure_of_what_it_takes_back_and_mends_it(told):
    rows = told["repair"].rows("deployments", order="finished_at")

    assert [row["change_failure_kind"] for row in rows] == [None, "revert", None, "incident_nearby", None]
    assert rows[1]["recovery_seconds"] == 3 * HOUR


def test_the_fix_that_names_the_incident_ends_the_failure_and_is_rework(told):
    rows = told["repair"].rows("deployments", order="finished_at")

    assert rows[3]["remediating_deployment_id"] == rows[4]["deployment_id"]
    assert rows[3]["recovery_seconds"] == 4 * HOUR
    assert [row["is_rework"] for row in rows] == [False, False, True, False, True]


def summary(shop: Company, scope_kind: str = "tenant", window_days: int = 90) -> dict[str, dict[str, Any]]:
    return {
        row["metric"]: row
        for row in shop.rows("dora_summary")
        if (row["scope_kind"], row["window_days"]) == (scope_kind, window_days)
    }


def test_durations_have_quartiles_and_the_part_after_the_merge(told):
    rows = summary(told["weeks"])
    lead, merged = rows["lead_time"], rows["merge_to_deploy_time"]

    assert [lead[name] / HOUR for name in ("value", "p75", "p90")] == [7, 9.5, 20]
    assert [merged[name] / HOUR for name in ("value", "p75", "p90")] == pytest.approx([2, 3, 3.6])
    assert (lead["n"], lead["coverage"], merged["n"], merged["coverage"]) == (6, 1, 5, 5 / 6)
    assert rows["change_failure_rate"]["p75"] is None


def test_weeks_count_where_they_were_seen_whole_and_zero_weeks_too(told):
    found = {days: summary(told["weeks"], window_days=days)["deployment_days_per_week"] for days in (7, 30, 90)}

    assert {days: (row["value"], row["n"]) for days, row in found.items()} == {7: (None, 0), 30: (1, 3), 90: (1, 3)}


def test_both_denominators_of_the_change_failure_rate_are_there(told):
    rows = summary(told["weeks"])

    assert (rows["change_failure_rate"]["value"], rows["change_failure_rate"]["n"]) == (1 / 6, 6)
    assert (rows["change_failure_rate_of_all"]["value"], rows["change_failure_rate_of_all"]["n"]) == (1 / 7, 7)


def test_the_interval_of_a_median_is_what_resampling_gives_from_five_cases_on(told):
    rows = summary(told["weeks"])
    measured = {"lead_time": [2, 4, 6, 8, 10, 30], "merge_to_deploy_time": [1, 1, 2, 3, 4]}
    draws = np.random.default_rng(1)

    for metric, hours in measured.items():
        medians = np.median(draws.choice(hours, (50_000, len(hours))), axis=1)
        low, high = rows[metric]["interval_low"] / HOUR, rows[metric]["interval_high"] / HOUR
        assert np.quantile(medians, 0.015) <= low <= np.quantile(medians, 0.035)
        assert np.quantile(medians, 0.965) <= high <= np.quantile(medians, 0.985)
    assert {metric for metric, row in rows.items() if row["interval_low"] is not None} == set(measured)
    (newest,) = [
        row for row in told["weeks"].rows("dora_periods")
        if (row["scope_kind"], row["period_kind"], row["last_day"]) == ("tenant", "rolling_90", date(2026, 4, 1))
    ]  # fmt: skip
    for metric, name in {"lead_time": "lead_time", "merge_to_deploy_time": "merge_to_deploy"}.items():
        ends = [newest[f"{name}_interval_{end}_seconds"] for end in ("low", "high")]
        assert ends == [rows[metric]["interval_low"], rows[metric]["interval_high"]]
    assert newest["restore_interval_low_seconds"] is None


def test_a_team_has_the_figures_of_its_repositories(told):
    same = ("value", "p75", "p90", "n", "coverage", "interval_low", "interval_high", "band")
    tenant, team = summary(told["weeks"]), summary(told["weeks"], "team")

    assert [row["scope"] for row in team.values()] == ["web"] * len(tenant)
    assert {metric: [row[name] for name in same] for metric, row in team.items()} == {
        metric: [row[name] for name in same] for metric, row in tenant.items()
    }
    assert summary(told["squash"], "team") == {}
    by_definition: dict[str, list[tuple]] = {"tenant": [], "team": []}
    for row in told["weeks"].rows("dora_definitions", order="metric, definition, window_days"):
        by_definition.setdefault(row["scope_kind"], []).append(
            (row["metric"], row["definition"], row["value"], row["n"])
        )
    assert by_definition["team"] == by_definition["tenant"] != []


def test_a_quick_check_is_the_mean_of_what_is_measured(told):
    (row,) = [
        row for row in told["weeks"].rows("dora_quick_check") if (row["scope_kind"], row["window_days"]) == ("team", 90)
    ]
    parts = ("lead_time", "deployment_frequency", "recovery_time", "change_failure_rate", "rework_rate")

    assert [row[f"{part}_score"] for part in parts] == pytest.approx([8, 6, 8, 10 - 10 / 6, 10 - 10 / 7])
    assert (row["score"], row["n"]) == (pytest.approx((22 + 20 - 10 / 6 - 10 / 7) / 5), 5)
    (row, *_) = told["squash"].rows("dora_quick_check", order="scope_kind, window_days")
    assert (row["recovery_time_score"], row["n"]) == (None, 4)


def test_a_band_is_of_a_year_that_has_one(told):
    rows = [
        row for row in told["weeks"].rows("dora_bands") if (row["scope_kind"], row["window_days"]) == ("tenant", 90)
    ]

    assert {(row["metric"], row["year"], row["band"]) for row in rows} == {
        ("lead_time", 2023, "elite"), ("deployment_frequency", 2023, "high"), ("recovery_time", 2023, "high"),
        ("change_failure_rate", 2023, "low"),
    }  # fmt: skip


def test_a_period_counts_its_own_days_and_a_week_that_is_not_over_has_no_rate(told):
    rows = {
        (row["period_kind"], row["first_day"].isoformat()): row
        for row in told["weeks"].rows("dora_periods")
        if row["scope_kind"] == "service"
    }
    kinds = [kind for kind, _ in rows]
    first, second, last = (rows["week", day] for day in ("2026-03-02", "2026-03-09", "2026-03-30"))

    assert [kinds.count(kind) for kind in ("day", "week", "month", "rolling_7", "rolling_90")] == [30, 5, 2, 30, 30]
    assert (first["is_complete"], first["deployment_count"], first["deployment_days_per_week_p50"]) == (False, 1, None)
    assert (second["is_complete"], second["deployment_count"], second["deployment_days_per_week_p50"]) == (True, 3, 2)
    assert (last["is_complete"], last["observed_days"], last["week_count"]) == (False, 3, 0)
    assert rows["rolling_7", "2026-03-05"]["deployment_count"] == 3  # from Thursday on, without the Tuesday before
    assert rows["month", "2026-03-01"]["lead_time_p50_seconds"] == 7 * HOUR


def test_rework_failed_pipelines_and_open_incidents_are_shown_case_by_case(told):
    cases: dict[str, list[dict[str, Any]]] = {}
    for row in told["weeks"].rows("metric_evidence", order="happened_at"):
        cases.setdefault(row["metric"], []).append(row)
    hits = {metric: [row for row in rows if row["is_in_numerator"]] for metric, rows in cases.items()}
    (incident,) = cases["time_to_restore"]

    assert [piece["kind"] for piece in hits["rework_rate"][0]["evidence"]] == ["rollback"]
    assert (len(hits["rework_rate"]), sum(row["is_counted"] for row in cases["rework_rate"])) == (1, 7)
    assert [row["is_counted"] for row in cases["deployment_failure_rate"]] == [True] * 8
    assert len(hits["deployment_failure_rate"]) == 1
    assert (incident["left_out_because"], incident["day"], incident["seconds"]) == ("censored", date(2026, 4, 1), None)
    assert (incident["case_kind"], incident["teams"], incident["reference"]) == ("incident", ["web"], "weeks/shop#90")


def test_a_merged_pull_request_that_is_in_no_lead_time_says_why(told):
    shop = told["undelivered"]
    cases = [row for row in shop.rows("metric_evidence", order="reference") if row["metric"] == "lead_time"]
    live = {row["deployment_id"]: row["finished_at"] for row in shop.rows("deployments")}

    assert [(row["reference"], row["left_out_because"], row["happened_at"]) for row in cases[1:]] == [
        ("undelivered/shop#1", "deployed_before_merge", at(4)), ("undelivered/shop#2", "not_delivered", at(7)),
        ("undelivered/shop#3", "not_delivered", at(5)),
    ]  # fmt: skip
    assert [live.get(row["deployment_id"]) for row in cases[1:]] == [at(3), None, None]
    assert not any(row["is_counted"] for row in cases)  # the first is the baseline


def test_every_day_of_the_tenant_has_a_row_from_the_first_deployment_on(told):
    rows = told["days"].rows("dora_daily", order="day")

    assert [(row["day"].day, row["deployment_count"]) for row in rows] == [(2, 1), (3, 0), (4, 0), (5, 1), (6, 0)]
    assert rows[0]["day"] == date(2026, 3, 2)


def test_what_was_not_measured_is_null_and_not_zero(told):
    rows: list[dict[str, Any]] = told["days"].rows("dora_daily", order="day")

    assert [row["lead_time_p50_seconds"] for row in rows] == [None, None, None, 53.5 * HOUR, None]
    assert [row["n"] for row in rows] == [0, 0, 0, 1, 0]


def test_in_a_monorepo_a_change_goes_out_with_the_service_whose_files_it_touches(told):
    rows = [row for row in told["monorepo"].rows("change_deployments") if row["change_kind"] == "pull_request"]

    assert [(row["service"], row["deployed_at"]) for row in rows] == [("web", at(5))]


def test_a_first_commit_after_the_opening_gives_no_negative_part(told):
    (pull,) = told["clocks"].rows("pull_requests")

    assert pull["coding_seconds"] is None and pull["is_first_commit_after_opening"]


def test_tags_of_a_clone_are_deployments_at_the_time_they_were_set(told):
    rows = told["cloned"].rows("deployments", order="finished_at")

    assert [(row["origin"], row["ref"], row["service"], row["finished_at"], row["change_count"]) for row in rows] == [
        ("tags", "v1", "shop", at(0), 0),
        ("tags", "v2", "shop", at(14), 3),
    ]


def test_a_clone_alone_gives_lead_times(told):
    rows = [row for row in told["cloned"].rows("change_deployments", order="authored_at") if not row["is_baseline"]]
    (first, *_) = told["cloned"].rows("dora_daily", order="day")

    assert [(row["change_kind"], row["title"], row["lead_time_seconds"], row["is_bot"]) for row in rows] == [
        ("commit", "a change", 4 * HOUR, False),
        ("commit", "on a branch", 3 * HOUR, True),
        ("commit", "another change", 2 * HOUR, False),
    ]
    assert (first["deployment_count"], first["change_count"], first["lead_time_p50_seconds"]) == (2, 3, 3 * HOUR)


def test_what_github_and_a_clone_both_show_counts_once(told):
    deployments = told["cloned_too"].rows("deployments", order="finished_at")
    changes = told["cloned_too"].rows("change_deployments", order="authored_at, sha")

    assert [(row["ref"], row["change_count"]) for row in deployments] == [("v1", 0), ("v2", 3)]
    alone = told["cloned"].rows("change_deployments", order="authored_at, sha")
    assert [row["sha"] for row in changes] == [row["sha"] for row in alone]


def test_the_lead_times_of_a_recorded_repository_come_from_its_clone(told, recorded: Path):
    shop = told["recorded_clone"]
    with (recorded / "git_delivery" / "octokit-fixtures-2018.expected_lead_times.csv").open() as file:
        expected = {row["sha"]: row for row in csv.DictReader(file)}
    releases = {row["deployment_id"]: row["ref"] for row in shop.rows("deployments")}
    changes = {shop.recorded[row["sha"]]: row for row in shop.rows("change_deployments")}

    assert len(releases) == 43
    assert {sha: releases[row["deployment_id"]] for sha, row in changes.items()} == {
        sha: row["first_release"] for sha, row in expected.items()
    }
    measured = {sha: row["lead_time_seconds"] for sha, row in changes.items() if not row["is_baseline"]}
    wanted = {sha: float(expected[sha]["lead_hours_from_author"]) * HOUR for sha in measured}
    assert len(measured) > 100 and measured == pytest.approx(wanted, abs=1)


@pytest.mark.parametrize(("story", "mart", "expected"), bad_input.EXPECTED)
def test_bad_input_is_flagged_or_left_out_with_a_reason(told, story, mart, expected):
    found = [{name: row[name] for name in expected[0]} for row in told[story].rows(mart, order="1, 2")]

    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_what_a_rule_excludes_is_in_no_figure_but_in_the_evidence(told):
    shop = told["chosen_runs"]
    frequency = [row for row in shop.rows("metric_evidence") if row["metric"] == "deployment_frequency"]
    names = ["candidate_count", "deployment_count", "excluded_count"]
    candidates = {row["subject"]: tuple(row[name] for name in names) for row in shop.rows("deployment_candidates")}

    assert [row["finished_at"] for row in shop.rows("deployments", order="finished_at")] == [at(1), at(3)]
    assert sorted((row["happened_at"], row["left_out_because"], row["rule_position"]) for row in frequency) == [
        (at(1), None, None), (at(2), "excluded", 1), (at(3), None, None), (at(5), "excluded", 1),
    ]  # fmt: skip
    assert candidates == {"deploy-web": (1, 1, 0), "deploy-docs": (2, 0, 2), "ship-api": (1, 1, 0), "tests": (1, 0, 0)}


def test_a_preview_judges_runs_as_the_models_do(project, told):
    tenants = [shop.tenant_id for shop in told.values()]
    marts = ("deployment_candidates", "deployments")
    runs = rules_in_force(project, tenants, "deployment_rules", *marts)
    environments = rules_in_force(project, tenants, "environment_rules", *marts)

    assert sum(one.matched or 0 for one in runs) > 3  # of those with rules of their own; recorded ones bring many more
    assert [change for one in (*runs, *environments) for change in one.changes] == []
    assert "The rows match 4 of 5 runs, deployments, releases and tags. 2 of them are excluded." in [
        one.summary for one in runs
    ]


def test_the_projects_own_tests_pass_on_these_stories(project, told):
    paths = ["path:models/marts/delivery", "path:models/intermediate/deployments", "path:tests/delivery"]

    project.dbt("test", "--select", *paths, "--store-failures", manifest=project.manifest)

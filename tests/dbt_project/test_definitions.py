"""The four definitions of the delivery metrics on the same small worlds, with figures worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt_project.company import Company, sha
from tests.dbt_project.project import Project

HOUR, MINUTE = 3600.0, 60.0
METRICS = ("lead_time", "deployment_frequency", "change_failure_rate", "recovery_time")


def week(shop: Company) -> None:
    """A week from Monday to Sunday: five deployments on three days, one of them a rollback, and four incidents."""
    shop.pull_request(3, opened=-2, commits={"w0": -3}, merged=0, merge_sha="root")
    shop.commit("root", 0)
    shop.deploy("root", 1, 1)  # Monday 09:00, has no predecessor
    shop.pull_request(1, opened=3.005, commits={"w1": 2}, merged=5, merge_sha="b")
    shop.commit("b", 5, ("root",))
    shop.deploy("b", 6, 6)  # Monday 14:00
    shop.pull_request(2, opened=9, commits={"w2": 10}, merged=12, merge_sha="c")  # authored after it was opened
    shop.commit("c", 12, ("b",))
    shop.deploy("c", 30, 30)  # Tuesday 14:00
    shop.commit("x", 33, ("c",))  # from the future
    shop.commit("d", 31, ("x",))
    shop.deploy("d", 32, 32)  # Tuesday 16:00
    shop.deploy("c", 45, 45)  # Wednesday 05:00, takes d back
    shop.incident(101, opened=50, closed=56)
    shop.incident(102, opened=60, closed=62, body=f"Since commit {sha('b')} nothing works.")
    shop.incident(103, opened=0.5, closed=0.75)  # before anything was deployed
    shop.incident(104, opened=61)
    shop.sync(150)  # Sunday 14:00


def once(shop: Company) -> None:
    """One deployment, and nothing else."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1)
    shop.sync(10)


def quiet(shop: Company) -> None:
    """The same, ten days ago."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1)
    shop.sync(240)


def services(shop: Company) -> None:
    """Two services from one repository; one incident names its service, the other does not."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1, payload={"service": "web"})
    shop.deploy("root", 2, 2, payload={"service": "api"})
    shop.incident(101, opened=4, closed=5, labels=[{"name": "incident"}, {"name": "service:web"}])
    shop.incident(102, opened=4, closed=7)
    shop.sync(10)


def backwards(shop: Company) -> None:
    """An incident that was closed before it was opened, and before the deployment that precedes it."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1)
    shop.incident(101, opened=5, closed=0.5)
    shop.sync(10)


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Company]:
    companies = {}
    for tell in (week, once, quiet, services, backwards):
        companies[tell.__name__] = Company(project, tell.__name__, "UTC")
        tell(companies[tell.__name__])
    project.build()
    return companies


@pytest.fixture(scope="module")
def figures(told: dict[str, Company]) -> Callable[..., dict[str, tuple[float | None, int]]]:
    """Value and n by metric, of one story, definition, window and scope."""

    def read(story: str, definition: str, window: int = 7, scope: str = "all") -> dict[str, Any]:
        return {
            row["metric"]: (row["value"], row["n"])
            for row in told[story].rows("dora_definitions")
            if (row["definition"], row["window_days"], row["scope"]) == (definition, window, scope)
        }

    return read


def test_clearsignal(figures):
    # Lead times: b 2 → 6 = 4 h, c 10 → 30 = 20 h, d 31 → 32 = 1 h; x is from the future, root the baseline.
    # Failures: b, which an incident names, and d, which was rolled back, of the four that are no rollback.
    # Both were mended by the rollback: 45 − 6 = 39 h and 45 − 32 = 13 h, median 26 h.
    assert figures("week", "clearsignal") == {
        "lead_time": (4 * HOUR, 3),
        "deployment_frequency": (pytest.approx(5 / 7), 5),
        "change_failure_rate": (0.5, 4),
        "recovery_time": (26 * HOUR, 2),
    }


def test_devlake(figures):
    # PR 1: coding 1.005 h = 60.3 → 61 min, 1.995 h = 119.7 → 120 min, deploy 60 min: 241 min.
    # PR 2: coding −1 h → 0, 180 min, deploy 18 h = 1080 min: 1260 min. PR 3's deployment has no predecessor.
    # Lower median of 241 and 1260: 241. Deployment days of the one week: Monday, Tuesday, Wednesday.
    # The incidents of the hours 50, 60 and 61 are all put down to the deployment of hour 45, the one of 0.5 to none:
    # 1 of 5; 56 − 45 = 11 h and 62 − 45 = 17 h, lower median 11 h; one is open.
    assert figures("week", "devlake") == {
        "lead_time": (241 * MINUTE, 2),
        "deployment_frequency": (3, 1),
        "change_failure_rate": (0.2, 5),
        "recovery_time": (11 * HOUR, 2),
    }


def test_four_keys(figures):
    # Commits: b 5 → 6 = 1 h, c 12 → 30 = 18 h, d 31 → 32 = 1 h; x is negative, root the baseline. Median 1 h.
    # Only b's deployment is named by an incident: 1 of 5.
    # 56 − 50 = 6 h; 62 − min(60, 6) = 56 h; 0.75 − 0.5 = 0.25 h: median 6 h.
    assert figures("week", "fourkeys") == {
        "lead_time": (1 * HOUR, 3),
        "deployment_frequency": (3, 1),
        "change_failure_rate": (0.2, 5),
        "recovery_time": (6 * HOUR, 3),
    }


def test_gitlab(figures):
    # PR 1 5 → 6 = 1 h, PR 2 12 → 30 = 18 h: median 9.5 h. Four incidents on five deployments.
    # 6 h, 2 h and 0.25 h from creation to closing: median 2 h.
    assert figures("week", "gitlab") == {
        "lead_time": (9.5 * HOUR, 2),
        "deployment_frequency": (pytest.approx(5 / 7), 5),
        "change_failure_rate": (0.8, 5),
        "recovery_time": (2 * HOUR, 3),
    }


def test_weeks_before_the_first_deployment_count_for_devlake_and_days_for_gitlab(figures):
    # The 30 days from Saturday 7 February touch five weeks, with 0, 0, 0, 0 and 3 deployment days.
    frequency = {
        definition: figures("week", definition, window=30)["deployment_frequency"]
        for definition in ("clearsignal", "devlake", "fourkeys", "gitlab")
    }

    assert frequency == {
        "clearsignal": (pytest.approx(5 / 7), 5),
        "devlake": (0, 5),
        "fourkeys": (3, 1),
        "gitlab": (pytest.approx(5 / 30), 5),
    }


def test_three_deployment_days_a_week_read_as_daily_by_four_keys_alone(told):
    rows = [row for row in told["week"].rows("dora_definitions") if row["scope"] == "all" and row["window_days"] == 7]

    assert [(row["definition"], row["metric"]) for row in rows if row["reads_as"] == "daily"] == [
        ("fourkeys", "deployment_frequency")
    ]
    assert {row["reads_as"] for row in told["once"].rows("dora_definitions")} == {None}


def test_one_repository_with_one_service_has_the_figures_of_the_tenant(figures, told):
    for definition in ("clearsignal", "devlake", "fourkeys", "gitlab"):
        assert figures("week", definition, scope=told["week"].repository) == figures("week", definition)


@pytest.mark.parametrize("definition", ["clearsignal", "devlake", "fourkeys", "gitlab"])
def test_what_no_definition_could_measure_is_null(figures, definition: str):
    one, none = figures("once", definition), figures("quiet", definition)

    assert one["lead_time"] == one["recovery_time"] == (None, 0)
    assert one["change_failure_rate"] == (0, 1)
    assert none["lead_time"] == none["recovery_time"] == none["change_failure_rate"] == (None, 0)
    assert none["deployment_frequency"][0] == 0


def test_an_incident_without_a_service_belongs_to_the_tenant(figures, told):
    # DevLake: the one of web to web's deployment, 5 − 1 = 4 h; the other to the latest of all, api's: 7 − 2 = 5 h.
    assert figures("services", "devlake", scope="web")["recovery_time"] == (4 * HOUR, 1)
    assert figures("services", "devlake", scope="api")["recovery_time"] == (5 * HOUR, 1)
    assert figures("services", "devlake")["change_failure_rate"] == (1, 2)
    # GitLab: two incidents on two deployments; the repository's is the one whose service comes from it.
    rates = [
        figures("services", "gitlab", scope=scope)["change_failure_rate"]
        for scope in ("all", told["services"].repository, "web", "api")
    ]
    assert rates == [(1, 2), (0.5, 2), (1, 1), (0, 1)]


def test_an_incident_that_was_closed_before_it_was_opened_has_no_negative_duration(figures):
    # The issue model lets it end when it began, at 5: from the deployment 5 − 1 = 4 h, from the incident 0.
    recoveries = {
        definition: figures("backwards", definition)["recovery_time"]
        for definition in ("clearsignal", "devlake", "fourkeys", "gitlab")
    }

    assert recoveries == {
        "clearsignal": (4 * HOUR, 1), "devlake": (4 * HOUR, 1), "fourkeys": (0, 1), "gitlab": (0, 1),
    }  # fmt: skip


def test_every_row_of_another_definition_says_why_it_differs(told):
    rows = told["week"].rows("dora_definitions")

    assert {(row["metric"], row["definition"]) for row in rows} == {
        (metric, definition) for metric in METRICS for definition in ("clearsignal", "devlake", "fourkeys", "gitlab")
    }
    assert all(row["meaning"] and (row["difference"] is None) == (row["definition"] == "clearsignal") for row in rows)


def test_the_projects_own_tests_pass_on_these_worlds(project, told):
    project.dbt(
        "test", "--select", "dora_definitions", "metric_definitions", "--store-failures", manifest=project.manifest
    )

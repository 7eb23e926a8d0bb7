"""Trends between Postgres and NumPy, against a real database."""

from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from pipelines import signals
from pipelines.signals import kpi_trends
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.signals.test_stores import ACME, DAYS, FIRST, GLOBEX, add_series, counts, execute, filled

__all__ = ["filled"]
TODAY = FIRST + timedelta(days=DAYS)
SAME = {"computed": 0, "written": 0, "deleted": 0}


def windows(warehouse: Warehouse, tenant: UUID = ACME) -> dict[int, tuple]:
    rows = execute(
        warehouse,
        "select window_days, measured_days, slope, direction, refusal_reason from ml.kpi_trends where tenant_id = %s",
        tenant,
    )
    return {row[0]: row[1:] for row in rows}


def test_each_series_has_a_row_a_window(filled: Warehouse):
    add_series(filled, ACME, "created_issues", [5 + 0.25 * day for day in range(DAYS)])

    answer = signals.find_trends(filled, today=TODAY)

    assert answer == {"series": 1, "computed": 1, "refused": 1, "written": 3, "deleted": 0}
    found = windows(filled)
    assert found[28] == (28, 0.25, "up", None)
    assert found[90] == (90, 0.25, "up", None)
    assert found[365] == (160, None, None, "The measured days span 160 of 365 days; a trend needs half of them.")


def test_the_unfinished_day_never_counts(filled: Warehouse):
    add_series(filled, ACME, "created_issues", counts(1))
    signals.find_trends(filled, today=TODAY - timedelta(days=1))
    before = windows(filled)
    execute(filled, "update build.kpi_daily set value = 1e6 where day = %s", TODAY - timedelta(days=1))

    assert signals.find_trends(filled, today=TODAY - timedelta(days=1))["written"] == 0
    assert windows(filled) == before
    assert execute(filled, "select distinct made_on from ml.kpi_trends") == [(TODAY - timedelta(days=1),)]


def test_only_series_whose_days_changed_are_computed_again(filled: Warehouse, monkeypatch: pytest.MonkeyPatch):
    add_series(filled, ACME, "created_issues", counts(1))
    add_series(filled, ACME, "open_issues", counts(2))
    signals.find_trends(filled, today=TODAY)
    assert signals.find_trends(filled, today=TODAY) == {"series": 2, "refused": 2, **SAME}

    computed = []
    plain = kpi_trends.trends
    monkeypatch.setattr(kpi_trends, "trends", lambda series: computed.append(series.metric) or plain(series))
    late = "update build.kpi_daily set value = value + 3 where metric = 'open_issues' and day = %s"
    execute(filled, late, TODAY - timedelta(days=10))
    answer = signals.find_trends(filled, today=TODAY)

    assert (computed, answer["computed"], answer["written"]) == (["open_issues"], 1, 3)
    execute(filled, "update build.kpi_daily set day = day - 400, metric = 'visits' where metric = 'open_issues'")
    assert signals.find_trends(filled, today=TODAY)["deleted"] == 3


def test_what_was_kept_equals_what_is_computed_anew(filled: Warehouse):
    for seed, metric in enumerate(("created_issues", "open_issues", "review_hours")):
        add_series(filled, ACME, metric, counts(seed))
    signals.find_trends(filled, today=TODAY)
    execute(filled, "delete from build.kpi_daily where metric = 'open_issues' and extract(isodow from day) > 5")
    signals.find_trends(filled, today=TODAY)
    every = "select * from ml.kpi_trends order by metric, window_days"
    before = execute(filled, every)

    assert signals.find_trends(filled, today=TODAY, full=True)["written"] == 0
    assert execute(filled, every) == before


def test_another_method_computes_everything_again(filled: Warehouse, monkeypatch: pytest.MonkeyPatch):
    add_series(filled, ACME, "created_issues", counts(1))
    signals.find_trends(filled, today=TODAY)
    monkeypatch.setattr(kpi_trends, "METHOD", "another")

    assert signals.find_trends(filled, today=TODAY)["computed"] == 1


def test_a_run_for_one_tenant_leaves_the_others_alone(filled: Warehouse):
    for tenant, slope in ((ACME, 1.0), (GLOBEX, -1.0)):
        add_series(filled, tenant, "created_issues", [200 + slope * day for day in range(DAYS)])
    signals.find_trends(filled, today=TODAY)
    assert (windows(filled)[28][2], windows(filled, GLOBEX)[28][2]) == ("up", "down")
    execute(filled, "delete from build.kpi_daily")

    assert signals.find_trends(filled, [ACME], TODAY)["deleted"] == 3
    assert windows(filled) == {}
    assert len(windows(filled, GLOBEX)) == 3


def test_a_tenant_that_left_leaves_no_trend(filled: Warehouse):
    add_series(filled, GLOBEX, "created_issues", counts(1))
    signals.find_trends(filled, today=TODAY)
    execute(filled, "delete from build.kpi_daily where tenant_id = %s", GLOBEX)  # as the build does

    assert signals.find_trends(filled, today=TODAY) == {**dict.fromkeys(("series", "refused"), 0), **SAME, "deleted": 3}


def test_gaps_in_the_calendar_are_days_that_were_not_measured(filled: Warehouse):
    add_series(filled, ACME, "review_hours", np.arange(DAYS, dtype=float).tolist())
    execute(filled, "delete from build.kpi_daily where extract(isodow from day) > 5")

    signals.find_trends(filled, today=TODAY)

    assert windows(filled)[28][:3] == (20, 1, "up")


def test_nothing_to_follow_is_no_error(filled: Warehouse):
    assert signals.find_trends(filled) == {"series": 0, "refused": 0, **SAME}

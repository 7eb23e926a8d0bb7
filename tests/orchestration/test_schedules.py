"""When forecasts are due, and what their run is asked to do."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from orchestration import schedules
from pipelines import tenants


def tick(warehouse, at):
    context = dg.build_schedule_context(scheduled_execution_time=at, resources={"warehouse": warehouse})
    return schedules.forecasts.evaluate_tick(context)


def options(due):
    return due.run_requests[0].run_config["ops"]["ml__forecasts"]["config"]


@pytest.fixture
def berlin(warehouse):
    return tenants.create(warehouse, "acme", "Acme", "Europe/Berlin")


def test_forecasts_are_made_at_two_in_the_tenants_own_zone(warehouse, berlin):
    due = tick(warehouse, datetime(2026, 6, 3, 0, tzinfo=UTC))  # two o'clock in Berlin
    assert options(due)["tenants"] == [berlin.partition_key]
    assert not tick(warehouse, datetime(2026, 6, 3, 2, tzinfo=UTC)).run_requests


@pytest.mark.parametrize(("day", "is_sunday"), [(6, False), (7, True)])
def test_prophet_is_tried_on_the_past_once_a_week(warehouse, berlin, day, is_sunday):
    due = tick(warehouse, datetime(2026, 6, day, 0, tzinfo=UTC))
    assert options(due)["prophet_backtest"] is is_sunday

"""When forecasts are due, and what their run is asked to do."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration import schedules, sensors
from pipelines import schedules as cron_schedules
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


UTC_DAY = datetime(2026, 6, 3, 9, tzinfo=UTC)


@pytest.fixture
def instance(warehouse):
    with dg.instance_for_test() as made:
        yield made


def own(warehouse, instance, now, cursor=None, monkeypatch=None):
    """What the sensor for the tenants' own times does at that instant."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return now

    monkeypatch.setattr(sensors, "datetime", Clock)
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"warehouse": warehouse})
    return sensors.load_at_the_tenants_own_times.evaluate_tick(context)


def wants(warehouse, tenant, cron, since, source="github"):
    with warehouse.connect("loader") as database:
        cron_schedules.put(database, tenant.tenant_id, source, cron)
        database.execute("update app.sync_schedule set changed_at = %s", [since])


def test_a_tenants_own_times_are_followed_in_its_zone_and_made_up_for_once(warehouse, instance, monkeypatch):
    berlin, utc = tenants.create(warehouse, "acme", "A", "Europe/Berlin"), tenants.create(warehouse, "globex", "G")
    instance.add_dynamic_partitions("tenant", [berlin.partition_key, utc.partition_key])
    wants(warehouse, berlin, "0 6 * * *", UTC_DAY - timedelta(days=5))

    early = own(warehouse, instance, UTC_DAY.replace(hour=3, minute=59), monkeypatch=monkeypatch)
    (request,) = early.run_requests  # the mornings that were missed, once
    assert request.run_config["ops"] == {
        "load_github": {"config": {"tenants": [berlin.partition_key], "sweep_tenants": [berlin.partition_key]}}
    }
    assert {key.path[0] for key in request.asset_selection} == {"raw_github"}
    again = own(warehouse, instance, UTC_DAY.replace(hour=3, minute=59), early.cursor, monkeypatch)
    assert not again.run_requests
    due = own(warehouse, instance, UTC_DAY.replace(hour=4), early.cursor, monkeypatch)  # six in Berlin
    assert len(due.run_requests) == 1 and due.cursor != early.cursor


def test_who_has_times_of_its_own_is_left_out_of_everybodys(warehouse, instance):
    berlin, utc = tenants.create(warehouse, "acme", "A", "Europe/Berlin"), tenants.create(warehouse, "globex", "G")
    instance.add_dynamic_partitions("tenant", [berlin.partition_key, utc.partition_key])
    wants(warehouse, berlin, "0 6 * * *", UTC_DAY)
    code = next(each for each in schedules.ALL if each.name.startswith("code"))

    def options(at):
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at, resources={"warehouse": warehouse}
        )
        return code.evaluate_tick(context).run_requests[0].run_config["ops"]

    noon = options(UTC_DAY.replace(hour=12))
    assert noon["load_github"]["config"] == {"sweep_tenants": [], "except_tenants": [berlin.partition_key]}
    assert noon["load_jira"]["config"]["except_tenants"] == []
    assert options(UTC_DAY.replace(hour=1))["load_jira"]["config"]["sweep_tenants"] == [berlin.partition_key]
    assert options(UTC_DAY.replace(hour=3))["load_jira"]["config"]["sweep_tenants"] == [utc.partition_key]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * * *", "five fields"), ("0 0 31 2 *", "never comes"), ("*/0 * * * *", "five fields"),
        ("*/5 * * * *", "more often"), ("0,5 3 * * *", "more often"), ("", "five fields"), ("r r * * *", "five fields"),
        ("0 6 * * 1-5; drop table", "five fields"), ("@daily", "five fields"), ("x" * 500, "five fields"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_followed_are_refused(cron, words):
    with pytest.raises(cron_schedules.InvalidSchedule, match=words):
        cron_schedules.check(cron)


def test_a_clock_that_changes_moves_no_load_and_repeats_none():
    def due(*at):
        return cron_schedules.last_due("30 2 * * *", "Europe/Berlin", datetime(*at, tzinfo=UTC)).isoformat()

    assert due(2026, 3, 29, 12) == "2026-03-29T01:00:00+00:00"  # there is no 02:30: at three, as the clock goes on
    assert due(2026, 10, 25, 0, 45) == due(2026, 10, 25, 12) == "2026-10-25T00:30:00+00:00"  # 02:30 comes twice
    next_day = cron_schedules.next_due("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    assert next_day.isoformat() == "2026-10-26T01:30:00+00:00"

"""KPI series for charts, over HTTP and against the days of the mart."""

from datetime import date, timedelta

import pytest

from api.kpi_series import SUM, UNDEFINED, declared
from pipelines import contracts
from tests.api.real_contracts import NOW, insert

TODAY = NOW.date()  # the tenants' time zone is UTC
# Monday 2 March 2026 and later: one day missing in each week, a week missing altogether, a month begun.
SHOP = {"02": 1, "03": 2, "04": 0, "05": 3, "06": 4, "07": 0, "09": 5, "23": 2, "24": 0, "25": 0, "26": 1, "27": 1,
        "28": 0, "29": 7}  # fmt: skip


@pytest.fixture(scope="module")
def told(real):
    """Deployments of two services of acme and one of globex, a backlog, medians, and today's unfinished day."""
    mart = contracts.read(real.services.registry.manifest)["kpi_daily"]
    rows = [(real.acme, "deployments", "shop", date(2026, 3, int(day)), value) for day, value in SHOP.items()]
    rows += [(real.acme, "deployments", "api", date(2026, 4, day), 1.0) for day in (1, 2)]
    rows += [(real.globex, "deployments", "theirs", date(2026, 3, 2), 99.0)]
    rows += [(real.acme, "open_issues", "jira", date(2026, 3, day), 10.0 + day) for day in (2, 3, 7, 16)]
    rows += [(real.acme, "lead_time_hours", "shop", date(2026, 3, 2), 5.5)]
    rows += [(real.acme, "created_issues", "jira", TODAY - timedelta(ago), 2.0) for ago in (0, 1)]
    with real.warehouse.connect("transformer") as database:
        for tenant, metric, entity, day, value in rows:
            given = {"metric": metric, "entity": entity, "day": day, "value": value, "n": int(value) + 1}
            insert(database, mart, tenant, given)
    return real


def series(served, query, **caller):
    answer = served.get(f"/api/v1/series?{query}", **caller)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def values(found):
    return [(one["day"], one["value"]) for one in found["points"]]


def test_days_are_the_marts_rows_and_what_was_not_measured_is_left_out(told):
    asked = "metric=deployments&entity=shop&from=2026-03-01&to=2026-03-31"
    rows = told.get("/api/v1/marts/kpi_daily?metric=deployments&entity=shop").json()["data"]
    found = series(told, asked, role="viewer")

    assert values(found) == [(row["day"], row["value"]) for row in rows]
    assert [one["n"] for one in found["points"]] == [row["n"] for row in rows]
    assert (found["metric"], found["unit"], found["over_time"]) == ("deployments", "count", None)
    assert (found["first_day"], found["last_day"]) == ("2026-03-01", "2026-03-31")


def test_gaps_are_null_or_filled_and_never_zero(told):
    asked = "metric=deployments&entity=shop&from=2026-03-06&to=2026-03-10"
    empty, filled = (series(told, f"{asked}&fill={fill}") for fill in ("null", "previous"))

    assert values(empty) == [
        ("2026-03-06", 4.0), ("2026-03-07", 0.0), ("2026-03-08", None), ("2026-03-09", 5.0), ("2026-03-10", None),
    ]  # fmt: skip
    assert [value for _, value in values(filled)] == [4.0, 0.0, 0.0, 5.0, 5.0]
    assert [one["is_filled"] for one in filled["points"]] == [False, False, True, False, True]
    assert [one["n"] for one in filled["points"]] == [5, 1, None, 6, None]
    assert [one["measured_days"] for one in empty["points"]] == [1, 1, 0, 1, 0]


def test_filling_begins_with_what_was_measured_before_the_first_day(told):
    asked = "metric=deployments&entity=shop&fill=previous"

    assert values(series(told, f"{asked}&from=2026-03-20&to=2026-03-20")) == [("2026-03-20", 5.0)]
    assert values(series(told, f"{asked}&from=2026-02-28&to=2026-03-02"))[:2] == [
        ("2026-02-28", None), ("2026-03-01", None),
    ]  # fmt: skip


def test_counts_add_up_to_whole_iso_weeks(told):
    asked = "metric=deployments&entity=shop&grain=week&from=2026-03-04&to=2026-03-24"
    left_out, empty, filled = (series(told, f"{asked}&fill={fill}") for fill in ("none", "null", "previous"))

    assert values(left_out) == [("2026-03-02", 10.0), ("2026-03-09", 5.0), ("2026-03-23", 11.0)]
    assert values(empty) == [("2026-03-02", 10.0), ("2026-03-09", 5.0), ("2026-03-16", None), ("2026-03-23", 11.0)]
    assert values(filled)[2] == ("2026-03-16", 5.0)
    assert [one["measured_days"] for one in left_out["points"]] == [6, 1, 7]
    assert [one["is_complete"] for one in left_out["points"]] == [False, False, True]
    assert [one["n"] for one in left_out["points"]] == [16, 6, 18]
    assert (left_out["first_day"], left_out["last_day"]) == ("2026-03-02", "2026-03-29")
    assert left_out["over_time"] == SUM


def test_months_of_every_entity_come_by_entity(told):
    found = series(told, "metric=deployments&grain=month&from=2026-03-15&to=2026-04-02&fill=null")

    assert [(one["entity"], one["day"], one["value"]) for one in found["points"]] == [
        ("api", "2026-03-01", None), ("api", "2026-04-01", 2.0), ("shop", "2026-03-01", 26.0),
        ("shop", "2026-04-01", None),
    ]  # fmt: skip


def test_a_backlog_is_that_of_the_last_measured_day(told):
    found = series(told, "metric=open_issues&grain=week&from=2026-03-02&to=2026-03-22")

    assert values(found) == [("2026-03-02", 17.0), ("2026-03-16", 26.0)]
    assert [one["n"] for one in found["points"]] == [18, 27]


@pytest.mark.parametrize("grain", ["week", "month"])
def test_medians_are_not_added_or_averaged(told, grain):
    answer = told.get(f"/api/v1/series?metric=lead_time_hours&grain={grain}")

    assert answer.status_code == 400
    details = answer.json()["error"]["details"]
    assert details["field"] == "grain"
    assert "medians are never averaged up" in details["issue"]
    assert "/api/v1/dora/lead-time" in details["issue"]
    assert values(series(told, "metric=lead_time_hours")) == [("2026-03-02", 5.5)]


def test_every_declared_series_says_how_days_become_a_week(told):
    found = declared(told.services.registry)

    assert {one.over_time.by for one in found.values()} == {"sum", "last", None}
    assert [metric for metric, one in found.items() if one.over_time == UNDEFINED] == []


def test_the_newest_ninety_days_are_the_default_and_today_is_not_over(told):
    found = series(told, "metric=created_issues")

    assert (found["first_day"], found["last_day"]) == (str(TODAY - timedelta(89)), str(TODAY))
    assert [one["is_complete"] for one in found["points"]] == [True, False]


@pytest.mark.parametrize("fill", ["none", "null", "previous"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_together_are_the_whole(told, fill, limit):
    asked = f"metric=deployments&from=2026-03-01&to=2026-04-02&grain=week&fill={fill}"
    whole, gathered, cursor = series(told, asked)["points"], [], ""
    for _ in range(len(whole) // limit + 1):
        page = told.get(f"/api/v1/series?{asked}&limit={limit}{cursor}").json()
        assert len(page["data"]["points"]) <= limit
        gathered += page["data"]["points"]
        cursor = f"&cursor={page['meta']['next_cursor']}"
        if page["meta"]["next_cursor"] is None:
            break

    assert gathered == whole
    assert told.get(f"/api/v1/series?{asked}&limit={limit}&cursor=x").json()["error"]["code"] == "INVALID_CURSOR"


def test_another_tenants_series_looks_like_one_that_is_not(told):
    theirs, nobodys = (told.get(f"/api/v1/series?metric=deployments&entity={name}") for name in ("theirs", "there"))

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text.replace("theirs", "there") == nobodys.text
    assert "shop" in told.get("/api/v1/series?metric=deployments&entity=shap").json()["error"]["message"]
    assert [one["value"] for one in series(told, "metric=deployments", slug="globex")["points"]] == [99.0]
    assert series(told, "metric=news_tone")["points"] == []
    assert told.client.get("/api/v1/series?metric=deployments").status_code == 401


@pytest.mark.parametrize(("query", "field"), [
    ("", "metric"), ("metric=", "metric"), ("metric=deploymets", "metric"), ("metric=deployments&grain=year", "grain"),
    ("metric=deployments&fill=0", "fill"), ("metric=deployments&from=2026-02-30", "from"),
    ("metric=deployments&to=yesterday", "to"), ("metric=deployments&from=2026-03-02&to=2026-03-01", "from"),
    ("metric=deployments&from=1990-01-01", "from"), ("metric=deployments&limit=1001", "limit"),
    ("metric=deployments&limit=x", "limit"), ("metric=deployments&first=2026-03-01", "first"),
    ("metric=deployments&metric=deployments", "metric"),
])  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(told, query, field):
    answer = told.get(f"/api/v1/series?{query}")

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)


@pytest.mark.parametrize("query", ["from=0001-01-01&to=0001-01-02", "from=9999-12-01&to=9999-12-31"])
@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_the_calendars_ends_are_days_too(told, query, grain):
    found = series(told, f"metric=deployments&{query}&grain={grain}&fill=null")

    assert {one["value"] for one in found["points"]} == {None}

"""Rows of marts over HTTP."""

import csv
import io

import pytest


def test_rows_have_the_contracts_columns_and_types(served):
    answer = served.get("/api/v1/marts/readings?service=search&limit=2")

    body = answer.json()
    assert answer.status_code == 200
    assert body["success"] is True
    assert body["message"] == "2 rows of readings"
    assert body["data"][1] == {
        "service": "search",
        "day": "2026-01-02",
        "n": 4,
        "rate": 0.04,
        "price": 1.0,
        "note": "of acme",
        "labels": ["even", "of acme"],
        "is_late": True,
        "seen_at": "2026-01-01T00:00:04Z",
        "extra": {"n": 4, "text": "ü"},
    }
    assert body["meta"]["version"] == 1
    assert body["meta"]["next_cursor"]


def test_a_row_with_an_id_says_its_tenant_too(served):
    row = served.get("/api/v1/marts/things").json()["data"][0]

    assert row["id"] == row["thing_id"]
    assert row["tenant_id"] == str(served.acme.tenant_id)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("service=shop", 30),
        ("service.ne=shop", 60),
        ("service.in=shop,search", 60),
        ('service.in=shop,"none, such"', 30),
        ("service.in=shop&service.in=billing", 60),
        ("day=2026-01-02", 3),
        ("day.gte=2026-01-02&day.lt=2026-01-04", 6),
        ("day.gt=2026-01-29", 3),
        ("day.lte=2026-01-01", 3),
        ("labels=even", 45),
        ("n.in=1,2,3", 3),
        ("is_late=true", 45),
        ("rate.gt=0.5", 32),
        ("note=of+acme", 90),
        ("note=of%20globex", 0),
        ("seen_at.gte=2026-01-01T00:00:59Z", 1),
        ("seen_at.gte=2026-01-01T01:00:59%2B01:00", 1),
        ("seen_at.lt=2026-01-01", 0),
    ],
)
def test_a_filter_keeps_what_it_says(served, query, count):
    assert len(served.get(f"/api/v1/marts/readings?limit=1000&{query}").json()["data"]) == count


@pytest.mark.parametrize(
    "order",
    ["", "-n", "n", "rate,n", "-rate", "rate", "-rate,note,-day", "seen_at", "-seen_at,rate", "is_late,-day", "note"],
)
def test_walking_the_pages_gives_every_row_once_and_in_order(served, order):
    query = f"&order={order}" if order else ""
    whole = served.get(f"/api/v1/marts/readings?limit=1000{query}").json()["data"]
    walked, cursor = [], ""
    while cursor is not None:
        page = served.get(f"/api/v1/marts/readings?limit=7{query}" + (f"&cursor={cursor}" if cursor else "")).json()
        walked += page["data"]
        cursor = page["meta"]["next_cursor"]

    assert len(whole) == 90
    assert walked == whole


def test_missing_values_come_last_in_both_directions(served):
    for order in ("rate", "-rate"):
        rates = [row["rate"] for row in served.get(f"/api/v1/marts/readings?limit=1000&order={order}").json()["data"]]

        assert rates[-18:] == [None] * 18
        assert None not in rates[:72]


def test_rows_that_come_and_go_between_pages_repeat_and_hide_nothing(fresh, built):
    rows = built.readings(fresh.acme.tenant_id)
    first = fresh.get("/api/v1/marts/readings?limit=30&order=n").json()
    rows = [row for row in rows if row[3] != 40]  # one that was not shown yet goes
    rows.append((*rows[0][:1], "new", *rows[0][2:3], -1, *rows[0][4:]))  # and one comes before all
    built.publish(fresh.warehouse, rows)

    second = fresh.get(f"/api/v1/marts/readings?limit=1000&order=n&cursor={first['meta']['next_cursor']}").json()

    assert [row["n"] for row in second["data"]] == [n for n in range(30, 90) if n != 40]
    assert second["meta"]["version"] == 2


def test_only_the_asked_fields_are_answered_in_the_asked_order(served):
    answer = served.get("/api/v1/marts/readings?fields=n,service&limit=1&order=-day")

    assert list(answer.json()["data"][0]) == ["n", "service"]


def test_csv_is_rfc_4180_with_inert_text(fresh, built):
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'say "hi", you', "two\nlines", "＝1+1", "fine"]
    rows = [
        (fresh.acme.tenant_id, "shop", f"2026-01-{at + 1:02}", -at, -0.5, None, text, None, True, None, None)
        for at, text in enumerate(cells)
    ]
    built.publish(fresh.warehouse, rows)

    answer = fresh.get("/api/v1/marts/readings?format=csv")

    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    inert = ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", 'say "hi", you', "two\nlines", "'＝1+1", "fine"]
    assert [row["note"] for row in found] == inert
    assert found[1]["n"] == "-1"
    assert found[1]["rate"] == "-0.5"
    assert found[0]["price"] == ""
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="readings.csv"'


def test_arrow_carries_types_and_units(served):
    import pyarrow as pa

    answer = served.get("/api/v1/marts/readings?order=n", headers={"Accept": "application/vnd.apache.arrow.stream"})
    table = pa.ipc.open_stream(answer.content).read_all()

    assert table.num_rows == 90
    assert table.schema.field("day").type == pa.date32()
    assert table.schema.field("seen_at").type == pa.timestamp("us", "UTC")
    assert table.schema.field("labels").type == pa.list_(pa.string())
    assert table.schema.field("n").metadata[b"unit"] == b"count"
    assert table.column("rate").null_count == 18
    assert answer.headers["x-version"] == "1"


def test_a_large_csv_goes_on_in_the_header(served):
    first = served.get("/api/v1/marts/readings?format=csv&limit=60&order=n")
    second = served.get(f"/api/v1/marts/readings?format=csv&limit=60&order=n&cursor={first.headers['x-next-cursor']}")

    assert len(second.text.splitlines()) == 31
    assert "x-next-cursor" not in second.headers


def test_an_unchanged_answer_is_not_sent_again(served):
    first = served.get("/api/v1/marts/readings?limit=5")
    again = served.get("/api/v1/marts/readings?limit=5", headers={"If-None-Match": first.headers["etag"]})
    other = served.get("/api/v1/marts/readings?limit=6", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in first.headers["vary"]


def test_the_same_etag_of_another_tenant_is_no_match(served):
    first = served.get("/api/v1/marts/readings")
    other = served.get("/api/v1/marts/readings", slug="globex", headers={"If-None-Match": first.headers["etag"]})

    assert other.status_code == 200
    assert {row["note"] for row in other.json()["data"]} == {"of globex"}


def test_the_list_tells_columns_units_and_filters(served):
    listed = {mart["name"]: mart for mart in served.get("/api/v1/marts").json()["data"]}

    columns = {column["name"]: column for column in listed["readings"]["columns"]}
    assert list(listed) == ["readings", "things"]
    assert columns["price"]["unit"] == "USD"
    assert columns["day"]["filters"] == ["day", "day.gt", "day.gte", "day.lt", "day.lte"]
    assert columns["rate"]["is_nullable"] is True
    assert listed["things"]["version"] == 1
    assert "tenant_id" not in columns


@pytest.mark.parametrize(
    ("query", "field", "hint"),
    [
        ("servise=shop", "servise", "service"),
        ("service.gte=shop", "service.gte", "service, service.ne, service.in"),
        ("price=1", "price", "cannot be filtered"),
        ("tenant_id=x", "tenant_id", "no such parameter"),
        ("limit=0", "limit", "1 to 1000"),
        ("limit=1001", "limit", "1 to 1000"),
        ("limit=", "limit", "1 to 1000"),
        ("limit=2.5", "limit", "1 to 1000"),
        ("limit=-1", "limit", "1 to 1000"),
        ("limit=1&limit=1", "limit", "more than once"),
        ("order=colour", "order", "colour"),
        ("order=labels", "order", "cannot be ordered"),
        ("order=n,-n", "order", "twice"),
        ("fields=n,n", "fields", "twice"),
        ("fields=secret", "fields", "secret"),
        ("format=xml", "format", "json, csv or arrow"),
        ("day=2026-02-30", "day", "no such day"),
        ("is_late=1", "is_late", "true or false"),
        ('service.in="a', "service.in", "commas"),
        ("access_token=x", "access_token", "no such parameter"),
    ],
)
def test_what_is_not_understood_is_named(served, query, field, hint):
    answer = served.get(f"/api/v1/marts/readings?{query}")

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert error["code"] == "VALIDATION_ERROR"
    assert error["details"]["field"] == field
    assert hint in error["details"]["issue"]


def test_all_faults_are_told_at_once(served):
    errors = served.get("/api/v1/marts/readings?limit=0&day=x&colour=red").json()["error"]["details"]["errors"]

    assert {error["field"] for error in errors} == {"limit", "day", "colour"}


def test_an_unknown_mart_is_404_with_the_likely_one(served):
    answer = served.get("/api/v1/marts/reading")

    assert answer.status_code == 404
    assert "readings" in answer.json()["error"]["message"]

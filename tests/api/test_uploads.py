"""Uploads over HTTP: accepted whole or refused with rows, loaded by the worker's step, undone, nobody else's to see."""

import pytest

from api.routes import uploads as routes
from pipelines.uploads import store
from tests.api.conftest import Served

PRICES = "symbol;day;close;volume;venue\nACME;2026-01-02;10,25;100;XETRA\nACME;2026-01-03;11,5;;XETRA\n"
CSV = {"Content-Type": "text/csv"}


def call(served: Served, method: str, path: str = "", *, slug: str = "acme", role: str = "editor", **options):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}", **options.pop("headers", {})}
    return served.client.request(method, f"/api/v1/uploads{path}", headers=headers, **options)


def rows(served: Served) -> list[tuple]:
    with served.warehouse.connect("loader") as database:
        return database.execute(
            "select symbol, priced_at::text, price::text, volume, metadata->>'venue' from raw_upload.market_prices"
            " where tenant_id = %s order by row", [str(served.acme.tenant_id)],
        ).fetchall()  # fmt: skip


def test_a_file_is_previewed_accepted_loaded_and_undone(served):
    dry = call(served, "POST", "?dry_run=true", content=PRICES, headers=CSV)
    assert (dry.status_code, dry.json()["data"]["upload"], call(served, "GET").json()["data"]) == (201, None, [])
    accepted = call(served, "POST", "?name=Prices", content=PRICES, headers=CSV)
    assert accepted.status_code == 201, accepted.text
    found = accepted.json()["data"]
    assert (found["kind"], found["row_count"], found["preview"]) == ("market_prices", 2, dry.json()["data"]["preview"])
    assert (found["format"]["delimiter"], found["format"]["decimal"]) == (";", ",")
    assert (found["format"]["columns"]["price"], found["format"]["metadata"]) == ("close", ["venue"])
    path = f"/{found['upload']['upload_id']}"
    assert found["upload"]["status"] == "accepted"

    assert [store.settle(served.warehouse), store.settle(served.warehouse)] == [1, 0]
    assert rows(served) == [("ACME", "2026-01-02 00:00:00+00", "10.25", 100, "XETRA"),
                            ("ACME", "2026-01-03 00:00:00+00", "11.5", None, "XETRA")]  # fmt: skip
    assert call(served, "GET", path).json()["data"]["status"] == "loaded"
    assert call(served, "DELETE", path).json()["data"]["status"] == "undoing"
    store.settle(served.warehouse)
    assert (rows(served), call(served, "GET", path).json()["data"]["status"]) == ([], "undone")
    assert call(served, "DELETE", path).status_code == 409
    with served.warehouse.connect("loader") as database:  # each told the next build
        assert database.execute("select count(*) from app.load_package where source = 'upload'").fetchone() == (2,)
    assert list(served.warehouse.home.glob("uploads/*")) == []


def test_the_documents_path_is_the_same(served):
    headers = {"Authorization": f"Bearer {served.token()}", **CSV}
    both = [served.client.post(f"{path}?dry_run=true", content=PRICES, headers=headers).content
            for path in ("/api/v1/uploads", "/data/upload")]  # fmt: skip
    assert both[0] == both[1] and b"ACME" in both[0]


def test_a_form_with_a_file_is_the_same(served):
    files = {"note": (None, "hello"), "file": ("prices.csv", PRICES.encode() * 1, "text/csv")}
    answer = call(served, "POST", "?dry_run=true", files=files)
    assert (answer.status_code, answer.json()["data"]["row_count"]) == (201, 2)
    without = call(served, "POST", "?dry_run=true", files={"note": (None, "hello")})
    assert (without.status_code, "empty" in without.text) == (400, True)


@pytest.mark.parametrize(
    ("query", "content", "headers", "status", "place"),
    [
        ("", "symbol,day,close\nA,2026-01-02,x\nA,2026-01-02,y\n", CSV, 400, "line 2"),
        ("", "", CSV, 400, "file"),
        ("?kind=orders", PRICES, CSV, 400, "kind"),
        ("?encoding=ebcdic", PRICES, CSV, 400, "encoding"),
        ("?date_format=iso&date_format=iso", PRICES, CSV, 400, "date_format"),
        ("?tenant_id=x", PRICES, CSV, 400, "tenant_id"),
        ("", PRICES, {**CSV, "Content-Encoding": "gzip"}, 415, None),
        ("", b"--x\r\nbroken", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "file"),
    ],
)
def test_what_does_not_fit_names_its_place(served, query, content, headers, status, place):
    answer = call(served, "POST", query, content=content, headers=headers)

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (status, place), answer.text
    assert store.settle(served.warehouse) == 0
    assert list(served.warehouse.home.glob("uploads/*")) == []


def test_nobody_else_sees_or_undoes_an_upload(served):
    path = f"/{call(served, 'POST', content=PRICES, headers=CSV).json()['data']['upload']['upload_id']}"
    for method in ("GET", "DELETE"):
        assert call(served, method, path, slug="globex").status_code == 404
        assert call(served, method, path, role="viewer").status_code == 403
    assert call(served, "POST", role="analyst", content=PRICES, headers=CSV).status_code == 403
    assert call(served, "GET", slug="globex").json()["data"] == []
    assert call(served, "DELETE", path).status_code == 202
    store.settle(served.warehouse)


def test_a_file_that_is_too_large_is_cut_off(served, monkeypatch):
    monkeypatch.setattr(routes.store.Intake, "__init__", _small(routes.store.Intake.__init__))
    answer = call(served, "POST", content=PRICES * 100, headers=CSV)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")


def _small(init):
    def made(self, *arguments, **options):
        init(self, *arguments, **{**options, "largest": 1_000})

    return made


def test_a_value_that_the_database_refuses_fails_its_own_upload_alone(served):
    ids = [call(served, "POST", content=PRICES, headers=CSV).json()["data"]["upload"]["upload_id"] for _ in range(2)]
    bad = store.ready(served.warehouse.home, ids[0])
    bad.write_text("2,ACME,2026-01-02T00:00:00+0000,ten,,,\n")

    assert store.settle(served.warehouse) == 2
    first, second = (call(served, "GET", f"/{key}").json()["data"] for key in ids)
    assert (first["status"], "could not be loaded" in first["error"]) == ("failed", True)
    assert (second["status"], len(rows(served))) == ("loaded", 2)
    assert call(served, "DELETE", f"/{ids[0]}").status_code == 409

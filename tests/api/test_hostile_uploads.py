"""Hostile files over HTTP: each gives back what it holds, or a 400 that names the place; never a 500, another value."""

import gzip
import io
import zipfile

import pytest

from pipelines.uploads import store
from tests.api.conftest import Served
from tests.api.test_uploads import CSV, call

PRICES = "symbol,day,close\n"
KPIS = "metric,day,value\n"


def zipped() -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("../x", "a")
        return file.getvalue()


REFUSED = {
    "empty": ("", "file"),
    "header only": (PRICES, "file"),
    "one cell": ("x", "line 1"),
    "only ends of lines": ("\n\r\n\r", "file"),
    "gzip": (gzip.compress(b"0," * 1_000_000), "file"),
    "zip": (zipped(), "file"),
    "a page behind a mark": (b"\xef\xbb\xbf <!DOCTYPE html>", "file"),
    "half in another encoding": (f"{PRICES}ü,2026-01-02,1\n".encode() + "ü,2026-01-02,1\n".encode("latin-1"), "line 3"),
    "UTF-16 cut": ((PRICES + "A,2026-01-02,1").encode("utf-16")[:-1], "line 2"),
    "NUL": (f"{PRICES}A\0,2026-01-02,1\n", "line 2"),
    "ragged": (f"{PRICES}A,2026-01-02,1\n\nA,2026-01-02\n", "line 4"),
    "lone quote": (f'{PRICES}"A,2026-01-02,1\n' + "B,2026-01-02,1\n" * 20_000, "line 2"),
    "many columns": (",".join(f"c{number}" for number in range(100_000)), "line 1"),
    "a long header": ("x" * 1_000_001, "line 1"),
    "a header that shows nothing": ("symbol,day,close,\u200b\n", "line 1"),
    "two headers but for case": ("symbol,day,close,Note,note\n", "line 1"),
    "1e400": (f"{KPIS}a,2026-01-02,1e400\n", "line 2"),
    "1e-400": (f"{PRICES}a,2026-01-02,1e-400\n", "line 2"),
    "NaN": (f"{KPIS}a,2026-01-02,NaN\n", "line 2"),
    "-Infinity": (f"{PRICES}a,2026-01-02,-Infinity\n", "line 2"),
    "beyond 2^53": (f"{KPIS}a,2026-01-02,9007199254740993\n", "line 2"),
    "5,000 digits": (f"{PRICES}a,2026-01-02,{'1' * 5000}\n", "line 2"),
    "other digits": (f"{PRICES}a,2026-01-02,１２\n", "line 2"),
    "other digits, whole": ("symbol,day,close,volume\na,2026-01-02,1,١٢\n", "line 2"),
    "two ways": (f'{PRICES}a,2026-01-02,1.5\na,2026-01-03,"2,5"\n', "line 3"),
    "either way": (f"{PRICES}a,2026-01-02,5\na,2026-01-02,1.234\n", "line 3"),
    "year 0": (f"{PRICES}a,0000-01-01,1\n", "line 2"),
    "year 10000": (f"{KPIS}a,9999-12-31T23:59:59-12:00,1\n", "line 2"),
    "a formula for a number": (f"{PRICES}a,2026-01-02,=1+1\n", "line 2"),
    "either day or month": (f"{PRICES}a,01/02/2026,1\n", "date_format"),
}


@pytest.mark.parametrize(("content", "place"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_as_it_is_names_its_place(served: Served, content: str | bytes, place: str) -> None:
    answer = call(served, "POST", content=content, headers=CSV)

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, place), answer.text
    assert list(served.warehouse.home.glob("uploads/*")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("name=%00", "name"), ("name=a%0d%0ab", "name"), ("name=%E2%80%AEevil", "name"), (f"name={'x' * 201}", "name"),
     ("kind=%00", "kind"), ("decimal=;", "decimal"), ("date_format=%00", "date_format"), ("encoding=x", "encoding")],
)  # fmt: skip
def test_an_option_that_cannot_be_meant_is_named(served: Served, query: str, field: str) -> None:
    answer = call(served, "POST", f"?{query}", content=f"{PRICES}A,2026-01-02,1\n", headers=CSV)

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field), answer.text
    assert list(served.warehouse.home.glob("uploads/*")) == []


def kept(served: Served, content: str | bytes, query: str = "") -> list[tuple]:
    """What raw holds of a file, as text; nothing of it afterwards."""
    answer = call(served, "POST", query, content=content, headers=CSV)
    assert answer.status_code == 201, answer.text
    upload = answer.json()["data"]["upload"]
    store.settle(served.warehouse)
    facts = "metric, value" if upload["kind"] == "kpi_points" else "symbol, price"
    with served.warehouse.connect("loader") as database:
        rows = database.execute(
            f"select row, {facts}::text, metadata->>'note' from raw_upload.{upload['kind']} where connection_id = %s"
            " order by row", [upload["upload_id"]],
        ).fetchall()  # fmt: skip
    call(served, "DELETE", f"/{upload['upload_id']}")
    store.settle(served.warehouse)
    return rows


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a\r\nb", "=cmd|' /C calc'!A0", "＝1+1", "NULL", "\\N", "\\."],
)  # fmt: skip
def test_a_cell_is_kept_as_it_is(served: Served, cell: str) -> None:
    assert kept(served, f'symbol,day,close,note\n"{cell}",2026-01-02,-1,"{cell}"\n') == [(2, cell, "-1", cell)]


@pytest.mark.parametrize(
    ("written", "query", "price"),
    [("1,234.56", "", "1234.56"), ("-0.5", "", "-0.5"), ("1.234", "?decimal=.", "1.234"),
     ("1.234", "?decimal=,", "1234"), (f"0.{'3' * 400}", "", f"0.{'3' * 400}"),
     ("9007199254740993", "", "9007199254740993")],
)  # fmt: skip
def test_a_price_is_kept_exactly(served: Served, written: str, query: str, price: str) -> None:
    assert kept(served, f'{PRICES}A,2026-01-02,"{written}"\n', query) == [(2, "A", price, None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines_give_the_same_rows(served: Served, encoding: str, end: str) -> None:
    text = f"metric;day;value;note{end}{end}ü;2026-01-02;0,25;{end}€;2026-01-03;-0;x"
    assert kept(served, text.encode(encoding)) == [(3, "ü", "0.25", None), (4, "€", "-0", "x")]

"""Loading: parsed pages → merged rows in raw, against the same pages encoded and copied into one table."""

import csv
import io
import random
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from pipelines import raw_schema
from pipelines.landing.pipeline import Batch, Landing
from pipelines.packages import PACKAGE_ROWS
from pipelines.raw_tables import RAW, TYPES
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.report import figure, interleaved
from tests.conftest import free_port

ROWS, PAGE = 100_000, 100
GOAL = 0.5
ISSUES = RAW["github"]["issues"]
TENANT, CONNECTION = uuid4(), uuid4()


def run() -> list[dict[str, Any]]:
    """Rows a second of both, in turns."""
    folder = Path(tempfile.mkdtemp(prefix="bench-load-"))
    warehouse = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    try:
        migrate.migrate(warehouse)
        raw_schema.ensure_tables(warehouse)
        _make_reference_table(warehouse)
        pages = github_like_pages()
        loaded, copied = interleaved(lambda: _load(warehouse, pages), lambda: _copy(warehouse, pages), rounds=5)
        return [figure("load", "rows loaded", ROWS / loaded, "rows/s", reference=ROWS / copied, goal=GOAL)]
    finally:
        embedded.stop(folder)


def github_like_pages() -> list[list[dict[str, Any]]]:
    """Issues of about half a kilobyte with two lists and an object, as a JSON parser gives them."""
    chance = random.Random(1)
    words = [f"word{number}" for number in range(500)]
    pages = []
    for start in range(0, ROWS, PAGE):
        text = msgspec.json.encode([_issue(chance, words, number) for number in range(start, start + PAGE)])
        pages.append(msgspec.json.decode(text))
    return pages


def _issue(chance: random.Random, words: list[str], number: int) -> dict[str, Any]:
    def person() -> dict[str, Any]:
        login = chance.randrange(50)
        return {"login": f"user{login}", "id": login, "type": "User", "site_admin": False}

    def moment(month: int) -> str:
        return f"2026-{month:02}-{chance.randrange(1, 28):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:00Z"

    is_closed = chance.random() < 0.6
    return {
        "id": 10_000_000 + number, "repository": "acme/shop", "number": number,
        "title": " ".join(chance.choices(words, k=8)), "body": "\n".join(chance.choices(words, k=25)),
        "user": person(), "state": "closed" if is_closed else "open",
        "state_reason": "completed" if is_closed else None,
        "labels": [{"id": n, "name": f"label {n}", "color": "d73a4a"} for n in range(chance.randrange(3))],
        "assignees": [person() for _ in range(chance.randrange(3))], "comments": chance.randrange(9),
        "created_at": moment(1), "updated_at": moment(2), "closed_at": moment(3) if is_closed else None,
        "html_url": f"https://github.com/acme/shop/issues/{number}", "locked": False, "author_association": "NONE",
    }  # fmt: skip


def _load(warehouse: Warehouse, pages: list[list[dict[str, Any]]]) -> float:
    with warehouse.connect("loader", autocommit=True) as database:
        database.execute("truncate raw_github.issues")
    landing = Landing(warehouse, "github", TENANT, CONNECTION)
    begun = time.perf_counter()
    batch = Batch("github")
    for page in pages:
        batch.add("issues", page)
        if batch.size >= PACKAGE_ROWS:
            landing.load(batch)
            batch = Batch("github")
    if batch.size:
        landing.load(batch)
    seconds = time.perf_counter() - begun
    _check(warehouse, "raw_github.issues")
    return seconds


def _make_reference_table(warehouse: Warehouse) -> None:
    columns = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind in ISSUES.all_columns.items())
    with warehouse.connect("loader") as database:
        database.execute(f"create table raw_github.reference ({columns}, primary key ({', '.join(ISSUES.full_key)}))")


def _copy(warehouse: Warehouse, pages: list[list[dict[str, Any]]]) -> float:
    with warehouse.connect("loader", autocommit=True) as database:
        database.execute("truncate raw_github.reference")
    begun = time.perf_counter()
    buffer, encode = io.StringIO(), msgspec.json.encode
    own = (str(TENANT), str(CONNECTION))
    nested = {name for name, kind in ISSUES.columns.items() if kind == "json"}
    writer = csv.writer(buffer)
    for page in pages:
        for row in page:
            values = [encode(row[name]).decode() if name in nested else row[name] for name in ISSUES.columns]
            writer.writerow((*own, *values, None, "reference"))
    into = "copy raw_github.reference from stdin (format csv)"
    with warehouse.connect("loader") as database, database.cursor() as cursor, cursor.copy(into) as copy:
        copy.write(buffer.getvalue())
    seconds = time.perf_counter() - begun
    _check(warehouse, "raw_github.reference")
    return seconds


def _check(warehouse: Warehouse, table: str) -> None:
    with warehouse.connect("loader") as database:
        count = database.execute(f"select count(*) from {table}").fetchone()  # type: ignore[arg-type]
    if count != (ROWS,):
        raise RuntimeError(f"{table} has {count} rows, not {ROWS}")


if __name__ == "__main__":
    run()

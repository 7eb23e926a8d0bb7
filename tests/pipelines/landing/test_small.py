"""A small package is committed without dlt's steps, and dlt goes on from it as from its own, and the other way."""

import shutil
from typing import Any
from uuid import uuid4

import pytest

from pipelines import raw_schema
from pipelines.landing import locks, small
from pipelines.landing.pipeline import Batch, Landing
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse

DLT, OURS = 0, 10_000  # the most rows of a small package


@pytest.fixture
def own(warehouse: Warehouse) -> Landing:
    raw_schema.ensure_tables(warehouse, ["github"])
    return Landing(warehouse, "github", uuid4(), uuid4())


def _load(own: Landing, monkeypatch: pytest.MonkeyPatch, most: int, until: int, title: str = "One") -> str:
    """Issues from 0 and their cursor."""
    monkeypatch.setattr(small, "MOST_ROWS", most)
    batch = Batch("github")
    batch.add("issues", [_issue(number, title) for number in range(until)])
    batch.cursors = {f"issues|{until}": title}
    return own.load(batch)


def _issue(number: int, title: str) -> dict[str, Any]:
    """Only its first row depends on the title."""
    name = title if number == 0 else 'It, "breaks"\n\\N'
    return {"id": number, "number": number, "title": name, "labels": ["a"], "created_at": "2026-06-01T12:00:00Z"}


def _rows(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in (*RAW["github"]["issues"].columns, "_dlt_load_id"))
    with warehouse.connect("loader") as database:
        return database.execute(f"select {names} from raw_github.issues order by id").fetchall()  # type: ignore


@pytest.mark.parametrize("ways", [(DLT, OURS, DLT), (OURS, OURS, OURS), (DLT, DLT, OURS)], ids=str)
def test_each_way_goes_on_where_the_other_stopped(
    warehouse: Warehouse, own: Landing, monkeypatch: pytest.MonkeyPatch, ways: tuple[int, ...]
) -> None:
    first = _load(own, monkeypatch, ways[0], 2)
    second = _load(own, monkeypatch, ways[1], 3, "Two")
    third = _load(own, monkeypatch, ways[2], 4, "Two")

    assert own.cursors() == {"issues|2": "One", "issues|3": "Two", "issues|4": "Two"}
    rows = _rows(warehouse)
    assert [row[-1] for row in rows] == [second, first, second, third]  # what did not change keeps its package
    assert {row[3] for row in rows[1:]} == {'It, "breaks"\n\\N'}
    with warehouse.connect("loader") as database:
        loads = database.execute(
            "select load_id, status, schema_version_hash from raw_github._dlt_loads order by 1"
        ).fetchall()
        known = database.execute("select version_hash from raw_github._dlt_version")
        assert [row[:2] for row in loads] == [(first, 0), (second, 0), (third, 0)]
        assert {row[2] for row in loads} <= {row[0] for row in known}


def test_dlt_itself_takes_the_state_of_a_small_package(
    warehouse: Warehouse, own: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(Landing(warehouse, "github", uuid4(), uuid4()), monkeypatch, DLT, 1)  # the dataset's first load is dlt's
    _load(own, monkeypatch, OURS, 2)
    assert not own._folder.exists()  # no files either

    pipeline = own._pipeline()
    pipeline.sync_destination()

    assert pipeline.state["sources"]["github"]["cursors"] == {"issues|2": "One"}
    assert "issues" in pipeline.default_schema.tables
    shutil.rmtree(own._folder)


def test_of_a_small_package_that_is_refused_nothing_stays(
    warehouse: Warehouse, own: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(own, monkeypatch, DLT, 1)
    before = _rows(warehouse)
    batch = Batch("github")
    batch.add("issues", [_issue(7, "New")])
    batch.add("comments", [{"id": 1, "body": "text"}])
    batch.tables["comments"] = {key: (*row[:5], "no time", *row[6:]) for key, row in batch.tables["comments"].items()}
    batch.cursors = {"issues|7": "New"}
    monkeypatch.setattr(small, "MOST_ROWS", OURS)

    with pytest.raises(Exception, match="no time"):
        own.load(batch)

    assert _rows(warehouse) == before
    assert own.cursors() == {"issues|1": "One"}
    again = Landing(warehouse, "github", own.tenant_id, own.connection_id)  # type: ignore[arg-type]
    assert again.cursors() == {"issues|1": "One"}


def test_a_deleted_row_that_comes_again_is_there_again(
    warehouse: Warehouse, own: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(own, monkeypatch, DLT, 1)
    with warehouse.connect("loader") as database:
        database.execute("update raw_github.issues set _deleted_at = now()")

    second = _load(own, monkeypatch, OURS, 1)

    with warehouse.connect("loader") as database:
        kept = database.execute("select _deleted_at, _dlt_load_id from raw_github.issues").fetchall()
        states = database.execute("select count(*) from raw_github._dlt_pipeline_state").fetchone()
    assert kept == [(None, second)]
    assert states == (1,)  # no cursor moved with the second package


@pytest.mark.parametrize("most", [DLT, OURS])
def test_a_load_whose_place_was_taken_writes_nothing(
    warehouse: Warehouse, own: Landing, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """It has lost the connection's lock, with its session, and does not know."""
    _load(own, monkeypatch, most, 1)
    with warehouse.connect("loader") as another, pytest.raises(Exception) as raised:
        another.execute(
            f"select pg_advisory_xact_lock{locks.KEY}",
            [locks.landing_schema("github", own.connection_id)],
        )
        _load(own, monkeypatch, most, 2, "Two")

    assert "another process has taken this load's place" in str(raised.value)
    assert len(_rows(warehouse)) == 1

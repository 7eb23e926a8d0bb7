"""Fields that a source adds or stops sending are written down, by name."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from pipelines import tenants
from pipelines.schema_drift import Fields
from pipelines.warehouse.connection import Warehouse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def fields(warehouse: Warehouse) -> Iterator[Fields]:
    tenant_id, connection_id = tenants.create(warehouse, "acme", "Acme").tenant_id, uuid4()
    with warehouse.connect("loader", autocommit=True) as database:
        database.execute("insert into app.connection (tenant_id, connection_id, source, name)"
                         " values (%s, %s, 'github', 'main')", [tenant_id, connection_id])  # fmt: skip
        yield Fields(database, tenant_id, connection_id, lambda: NOW)


def drift(fields: Fields) -> list[tuple[str, str, str]]:
    owner: list[UUID] = [fields.tenant_id, fields.connection_id]
    return fields.database.execute(
        "select table_name, field, change from app.schema_drift where tenant_id = %s and connection_id = %s"
        " order by 1, 2", owner,
    ).fetchall()  # fmt: skip


def sync(fields: Fields, *rows: dict, table: str = "issues") -> None:
    fields.saw(table, rows)
    fields.write()


def test_what_the_first_sync_sees_is_no_drift_and_a_new_field_is(fields: Fields) -> None:
    sync(fields, {"id": 1, "title": "a"})
    assert drift(fields) == []

    sync(fields, {"id": 2, "title": "b", "priority": {"name": "canary value"}})

    assert drift(fields) == [("issues", "priority", "added")]


def test_a_field_that_was_always_filled_and_is_no_more_is_gone_until_it_comes_back(fields: Fields) -> None:
    whole = [{"id": n, "title": "a", "milestone": "m" if n % 2 else None} for n in range(20)]
    sync(fields, *whole)
    sync(fields, *[{"id": n, "milestone": None} for n in range(3)])
    assert drift(fields) == []  # three records say little

    sync(fields, *[{"id": n, "milestone": None} for n in range(20)])
    assert drift(fields) == [("issues", "title", "gone")]  # the milestone was never sure to be there

    sync(fields, *whole)
    assert drift(fields) == []


def test_a_table_has_at_most_so_many_fields(fields: Fields) -> None:
    sync(fields, {"id": 1})
    sync(fields, {"id": 1, **{f"f{n:04}" + "x" * 200: n for n in range(1000)}})

    found = drift(fields)
    assert len(found) == 299
    assert max(len(field) for _, field, _ in found) == 100

"""Publishing moves what changed, all of it or nothing, and behind the wall at every moment."""

import threading
import time

import psycopg
import pytest

from pipelines.contracts import Column, Mart
from pipelines.publish import CHANNEL, publish


def mart(name="issues_daily", *extra):
    columns = (
        Column("tenant_id", "uuid", "", not_null=True),
        Column("day", "date", "", not_null=True),
        Column("created_count", "bigint", ""),
        *extra,
    )
    return Mart(name, "velocity", "", columns, ("day",), "day", {"day": ("gte", "lt")}, ("-day",))


MART = mart()


def build(connection, rows, *, changed=None, name="issues_daily", rebuild=False):
    """What dbt's strategy leaves in schema build: the table and the keys that changed."""
    connection.execute("create schema if not exists build")
    if rebuild:
        connection.execute(f"drop table if exists build.{name}, build.{name}__changed")
    connection.execute(f"create table if not exists build.{name} (tenant_id uuid, day date, created_count bigint)")
    connection.execute(f"create table if not exists build.{name}__changed (tenant_id uuid, day date)")
    connection.execute(f"delete from build.{name}")
    for row in rows:
        connection.execute(f"insert into build.{name} values (%s, %s, %s)", row)
    for key in changed or []:
        connection.execute(f"insert into build.{name}__changed values (%s, %s)", key)
    connection.commit()


@pytest.fixture
def tenants(warehouse):
    with warehouse.connect("loader") as connection:
        insert = "insert into app.tenant (slug, name) values (%s, %s) returning tenant_id"
        return [connection.execute(insert, [slug, slug]).fetchone()[0] for slug in ("acme", "globex")]


@pytest.fixture
def transformer(warehouse):
    with warehouse.connect("transformer") as connection:
        yield connection


def published(warehouse, tenant, name="issues_daily"):
    """What the API's role sees."""
    with warehouse.connect("api") as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", [str(tenant)])
        rows = connection.execute(f"select day::text, created_count from marts.{name} order by day").fetchall()
        found = connection.execute("select version from app.mart_version where mart = %s", [name]).fetchone()
        return rows, found and found[0]


def test_the_first_publish_copies_the_mart_and_walls_it(warehouse, tenants, transformer):
    acme, globex = tenants
    build(transformer, [(acme, "2026-01-01", 1), (globex, "2026-01-01", 7)])

    report = publish(warehouse, {"issues_daily": MART})

    assert report.replaced == ["issues_daily"]
    assert published(warehouse, acme) == ([("2026-01-01", 1)], 1)
    assert published(warehouse, globex) == ([("2026-01-01", 7)], 1)


def test_only_changed_keys_move_and_only_their_tenant_gets_a_version(warehouse, tenants, transformer):
    acme, globex = tenants
    build(transformer, [(acme, "2026-01-01", 1), (acme, "2026-01-02", 2), (globex, "2026-01-01", 7)])
    publish(warehouse, {"issues_daily": MART})
    changed = [(acme, "2026-01-01"), (acme, "2026-01-02"), (acme, "2026-01-03")]
    build(transformer, [(acme, "2026-01-01", 5), (acme, "2026-01-03", 3), (globex, "2026-01-01", 99)], changed=changed)

    report = publish(warehouse, {"issues_daily": MART})

    assert report.changed == {"issues_daily": 3}
    assert report.tenants == {acme}
    assert published(warehouse, acme) == ([("2026-01-01", 5), ("2026-01-03", 3)], 2)
    assert published(warehouse, globex) == ([("2026-01-01", 7)], 1)  # 99 was not marked as changed
    assert transformer.execute("select count(*) from build.issues_daily__changed").fetchone() == (0,)


def test_a_held_tenant_keeps_its_version_and_gets_all_of_it_later(warehouse, tenants, transformer):
    acme, globex = tenants
    build(transformer, [(acme, "2026-01-01", 1), (globex, "2026-01-01", 7)])
    publish(warehouse, {"issues_daily": MART})
    first = [(acme, "2026-01-01"), (globex, "2026-01-01")]
    build(transformer, [(acme, "2026-01-01", 2), (globex, "2026-01-01", 8)], changed=first)

    publish(warehouse, {"issues_daily": MART}, held=[globex])
    assert published(warehouse, acme) == ([("2026-01-01", 2)], 2)
    assert published(warehouse, globex) == ([("2026-01-01", 7)], 1)

    build(transformer, [(acme, "2026-01-01", 2), (globex, "2026-01-01", 8), (globex, "2026-01-02", 9)],
          changed=[(globex, "2026-01-02")])  # fmt: skip
    publish(warehouse, {"issues_daily": MART})
    assert published(warehouse, globex) == ([("2026-01-01", 8), ("2026-01-02", 9)], 2)


def test_a_tenant_held_through_a_full_refresh_misses_nothing(warehouse, tenants, transformer):
    acme, globex = tenants
    build(transformer, [(acme, "2026-01-01", 1), (globex, "2026-01-01", 7)])
    publish(warehouse, {"issues_daily": MART})
    build(transformer, [(acme, "2026-01-01", 2), (globex, "2026-01-02", 8)], rebuild=True)

    publish(warehouse, {"issues_daily": MART}, held=[globex])
    assert published(warehouse, globex) == ([("2026-01-01", 7)], 1)

    publish(warehouse, {"issues_daily": MART})
    assert published(warehouse, globex) == ([("2026-01-02", 8)], 2)


def test_a_changed_contract_waits_while_a_tenant_is_held(warehouse, tenants, transformer):
    acme, globex = tenants
    build(transformer, [(acme, "2026-01-01", 1)])
    publish(warehouse, {"issues_daily": MART})
    transformer.execute("alter table build.issues_daily add column open_count bigint")
    transformer.commit()
    wider = {"issues_daily": mart("issues_daily", Column("open_count", "bigint", ""))}

    assert publish(warehouse, wider, held=[globex]).kept == ["issues_daily"]
    assert published(warehouse, acme) == ([("2026-01-01", 1)], 1)
    assert publish(warehouse, wider).replaced == ["issues_daily"]
    assert published(warehouse, acme)[1] == 2


def test_one_bad_mart_publishes_none(warehouse, tenants, transformer):
    acme, _ = tenants
    other = mart("other_daily")
    both = {"issues_daily": MART, "other_daily": other}
    build(transformer, [(acme, "2026-01-01", 1)])
    build(transformer, [(acme, "2026-01-01", 1)], name="other_daily")
    publish(warehouse, both)
    build(transformer, [(acme, "2026-01-01", 2)], changed=[(acme, "2026-01-01")])
    twice = [(acme, "2026-01-01", 2), (acme, "2026-01-01", 3)]
    build(transformer, twice, changed=[(acme, "2026-01-01")], name="other_daily")

    with pytest.raises(psycopg.errors.UniqueViolation):
        publish(warehouse, both)

    assert published(warehouse, acme) == ([("2026-01-01", 1)], 1)
    assert published(warehouse, acme, "other_daily") == ([("2026-01-01", 1)], 1)


def test_listeners_hear_of_one_publish_by_its_id(warehouse, tenants, transformer):
    build(transformer, [])
    with warehouse.connect("api", autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}")
        report = publish(warehouse, {"issues_daily": MART})
        heard = [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)]
    assert heard == [str(report.publish_id)]


def test_a_long_read_delays_a_rename_and_ends_undisturbed(warehouse, tenants, transformer):
    acme, _ = tenants
    build(transformer, [(acme, "2026-01-01", 1)])
    publish(warehouse, {"issues_daily": MART})
    build(transformer, [(acme, "2026-01-01", 2)], rebuild=True)
    with warehouse.connect("api") as reader:
        reader.execute("select set_config('app.tenant_id', %s, true)", [str(acme)])
        assert reader.execute("select created_count from marts.issues_daily").fetchone() == (1,)
        thread = threading.Thread(target=publish, args=(warehouse, {"issues_daily": MART}))
        thread.start()
        time.sleep(1.5)
        assert reader.execute("select created_count from marts.issues_daily").fetchone() == (1,)
        assert thread.is_alive()
    thread.join(timeout=20)
    assert published(warehouse, acme)[0] == [("2026-01-01", 2)]

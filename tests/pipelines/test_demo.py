"""The demo tenants come, are kept at a second start, and leave without a trace."""

import pytest

from pipelines import accounts, connections, demo, load, stored_connections, tenants
from pipelines.simulator.company import Charter
from pipelines.simulator.server import running
from pipelines.warehouse.connection import Warehouse

KEPT = {("app", "quota"), ("app", "response_cache"), ("app", "alembic_version")}  # nobody's own


def everything(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """Rows of every table but dlt's own lists of packages and schemas, which name no tenant."""
    with warehouse.connect_as_administrator() as database:
        found = database.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
            " and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        counts = {
            (schema, table): (database.execute(f'select count(*) from "{schema}"."{table}"').fetchone() or (0,))[0]  # type: ignore[arg-type]
            for schema, table in found
        }
    own = ("_dlt_loads", "_dlt_version")
    return {name: count for name, count in counts.items() if count and name not in KEPT and name[1] not in own}


@pytest.mark.slow
def test_the_demo_comes_stays_and_leaves_without_a_trace(warehouse: Warehouse) -> None:
    real = tenants.create(warehouse, "real", "A real tenant")
    accounts.create_user(warehouse, "ann@real.example", "Ann", None, real, "admin")
    before = everything(warehouse)
    with running([Charter(slug, days=3) for slug in demo.TENANTS]) as simulator:
        made = demo.create(warehouse, simulator.url)
        assert demo.create(warehouse, simulator.url) == made
        keys = [tenant.partition_key for tenant in made]
        for source in ("github", "geonames"):
            outcomes = {outcome.tenant: outcome.error for outcome in load.sync(warehouse, source, keys)}
            failed = {key for key, error in outcomes.items() if error}
            assert failed == ({keys[1]} if source == "github" else set())  # globex: its token is wrong on purpose

    assert [tenant.slug for tenant in made] == ["acme", "globex", "initech"]
    for tenant in made:
        assert [one.source for one in stored_connections.of(warehouse, tenant)] == sorted(
            {*connections.SOURCES} - {"git", "zendesk"}
        )
    with warehouse.connect("loader") as database:
        (hashed,) = database.execute(
            "select password_hash from app.user where email = %s", [demo.email("acme")]
        ).fetchone() or ("",)
        teams = database.execute("select count(*) from app.team").fetchone()
        paths = database.execute("select path, service from app.service_path order by position").fetchall()
    assert accounts.verify_password(demo.password(warehouse), hashed)
    assert teams == (6,)  # two of each; a second start decides nothing again
    assert all(path == f"services/{service}/**" for path, service in paths) and paths

    assert demo.remove(warehouse) == ["acme", "globex", "initech"]

    assert everything(warehouse) == before
    assert not list((warehouse.home / "dlt").glob("*"))
    with warehouse.connect("loader") as database:
        landing = database.execute("select nspname from pg_namespace where nspname like 'landing%'").fetchall()
    assert landing == []

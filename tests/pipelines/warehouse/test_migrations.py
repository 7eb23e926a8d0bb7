"""A database of an earlier version, with its rows and its views, brought up to this one."""

from uuid import UUID

import pytest

from pipelines import raw_schema, tenants
from pipelines.landing import small
from pipelines.landing.locks import landing_schema
from pipelines.landing.pipeline import Batch, Landing
from pipelines.warehouse.connection import Warehouse
from pipelines.warehouse.migrate import migrate

TENANT, CONNECTION = "6b614fb4-907b-4ade-9d06-6756256f168f", "12bdb84e-3a9d-4f4c-9bb5-b4608bea5daf"
OTHER_TYPES = """
select table_schema, table_name, data_type from information_schema.columns
where
    column_name in ('tenant_id', 'connection_id') and data_type <> 'uuid'
    and table_schema in ('raw_jira', 'landing_jira_1')
"""
OWNERS = "select viewname, viewowner from pg_views where schemaname like 'before%' order by 1"
WRITE = """
insert into raw_jira.boards (tenant_id, connection_id, id, name, _dlt_load_id) values (%s, %s, 1, %s, '1')
"""
ONE_GLOB = """
alter table app.deployment_rule
    drop column is_deployment, drop constraint deployment_rule_pattern_check, alter column pattern drop default,
    alter column pattern type text using pattern[1], alter column pattern set default '*'
"""


def before_lists(warehouse: Warehouse) -> None:
    """Revision 0024, in which a deployment rule had one glob."""
    with warehouse.connect("owner") as database:
        database.execute(ONE_GLOB)
        database.execute("drop table ml.kpi_trends")
        database.execute("update app.alembic_version set version_num = '0024'")


def as_before(warehouse: Warehouse, tables: dict[str, str]) -> None:
    """Revision 0023, in which these tables told tenant and connection by columns of this type."""
    before_lists(warehouse)
    with warehouse.connect("loader") as database:
        for table, kind in tables.items():
            for column in ("tenant_id", "connection_id"):
                database.execute(f"alter table {table} alter column {column} type {kind}")  # type: ignore[arg-type]
    with warehouse.connect("owner") as database:
        database.execute("update app.alembic_version set version_num = '0023'")


@pytest.fixture
def of_before(warehouse: Warehouse) -> Warehouse:
    """As revision 0023 had it: raw rows told by texts, and views over views over them."""
    raw_schema.ensure_tables(warehouse, ["jira"])
    with warehouse.connect("loader") as database:
        database.execute("create schema landing_jira_1")
        database.execute("create table landing_jira_1.boards (like raw_jira.boards)")
    as_before(warehouse, {"raw_jira.boards": "text", "landing_jira_1.boards": "character varying"})
    with warehouse.connect("loader") as database:
        database.execute(WRITE, [TENANT, CONNECTION, "100 %"])
    with warehouse.connect("transformer") as database:
        database.execute("create schema before_staging")
        database.execute("create schema before_intermediate")
        database.execute(
            "create view before_staging.boards as select tenant_id::uuid as tenant_id, name from raw_jira.boards"
            " where name like '100 %'"
        )
        database.execute("create view before_intermediate.named as select tenant_id, name from before_staging.boards")
        database.execute(
            "create view before_intermediate.by_text as select b.name from app.tenant as t"
            " inner join raw_jira.boards as b on t.tenant_id::text = b.tenant_id"
        )
        database.execute("create view before_intermediate.over_it as select name from before_intermediate.by_text")
    return warehouse


def test_raw_rows_are_told_by_uuids_and_the_views_over_them_stand_where_they_can(of_before: Warehouse) -> None:
    assert migrate(of_before)[0] == "0024"

    with of_before.connect("transformer") as database:
        assert database.execute("select tenant_id, connection_id, name from raw_jira.boards").fetchall() == [
            (UUID(TENANT), UUID(CONNECTION), "100 %")
        ]
        assert database.execute("select tenant_id, name from before_intermediate.named").fetchall() == [
            (UUID(TENANT), "100 %")
        ]
        assert database.execute(OTHER_TYPES).fetchall() == []
        assert database.execute(OWNERS).fetchall() == [
            (name, "clearsignal_transformer") for name in ("boards", "named")
        ]


def test_dlt_loads_into_the_tables_that_it_made_before(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "MOST_ROWS", 0)  # every package goes through dlt
    raw_schema.ensure_tables(warehouse, ["jira"])

    def load(name: str) -> None:
        batch = Batch("jira")
        batch.add("boards", [{"id": 1, "name": name}])
        Landing(warehouse, "jira", UUID(TENANT), UUID(CONNECTION)).load(batch)

    load("old")
    as_before(
        warehouse, {"raw_jira.boards": "text", f"{landing_schema('jira', CONNECTION)}.boards": "character varying"}
    )
    migrate(warehouse)
    load("new")

    with warehouse.connect("loader") as database:
        assert database.execute("select id, name from raw_jira.boards").fetchall() == [(1, "new")]


def test_a_rules_glob_becomes_a_list_and_the_views_over_it_are_left_to_the_next_build(warehouse: Warehouse) -> None:
    acme = tenants.create(warehouse, "acme", "Acme")
    before_lists(warehouse)
    with warehouse.connect("loader") as database:
        database.execute(
            "insert into app.deployment_rule (tenant_id, position, origin, pattern) values (%s, 1, 'tags', 'v*')",
            [acme.tenant_id],
        )
    with warehouse.connect("transformer") as database:
        database.execute("create schema before_intermediate")
        database.execute(
            "create view before_intermediate.classified as select replace(pattern, '*', '%') as pattern"
            " from app.deployment_rule"
        )
        database.execute("create view before_intermediate.named as select pattern from before_intermediate.classified")
        database.execute(
            "create view before_intermediate.both as select rule.origin, named.pattern"
            " from before_intermediate.named cross join app.deployment_rule as rule"
        )

    assert migrate(warehouse)[0] == "0025"

    with warehouse.connect("transformer") as database:
        assert database.execute("select pattern, is_deployment from app.deployment_rule").fetchall() == [(["v*"], True)]
        assert database.execute(OWNERS).fetchall() == []

"""The catalogue says it: whatever a reader's role can reach is behind the wall."""

import psycopg
import pytest
from psycopg import sql

READABLE_WITHOUT_WALL = """
select c.oid::regclass::text
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname not like 'pg_toast%'
    and has_schema_privilege('clearsignal_api', n.oid, 'usage')
    and has_any_column_privilege('clearsignal_api', c.oid, 'select, insert, update')
    and not (
        c.relkind in ('r', 'p') and c.relrowsecurity and c.relforcerowsecurity
        and exists (
            select from pg_policy as p
            where p.polrelid = c.oid and 'clearsignal_api'::regrole = any (p.polroles)
        )
    )
"""
OPEN_POLICIES = """
select polrelid::regclass::text, polname from pg_policy
where pg_get_expr(polqual, polrelid) = 'true'
    and polroles <> array['clearsignal_loader'::regrole::oid]
    and polroles <> array['clearsignal_transformer'::regrole::oid]
"""


def tenant(connection, slug):
    query = "insert into app.tenant (slug, name) values (%s, %s) returning tenant_id"
    return connection.execute(query, [slug, slug]).fetchone()[0]


@pytest.fixture
def two_tenants(warehouse):
    with warehouse.connect("loader") as connection:
        ours, theirs = tenant(connection, "ours"), tenant(connection, "theirs")
        for owner in (ours, theirs):
            connection.execute("insert into app.place (tenant_id, name) values (%s, 'Berlin')", [owner])
    return ours, theirs


def test_no_table_that_a_reader_reaches_lacks_its_wall(warehouse):
    with warehouse.connect_as_administrator() as connection:
        assert connection.execute(READABLE_WITHOUT_WALL).fetchall() == []
        assert connection.execute(OPEN_POLICIES).fetchall() == []


def test_the_catalogue_check_sees_a_table_without_a_wall(warehouse):
    with warehouse.connect_as_administrator() as connection:
        connection.execute("create table marts.open (tenant_id uuid)")
        connection.execute("grant select on marts.open to clearsignal_api")
        assert connection.execute(READABLE_WITHOUT_WALL).fetchall() == [("marts.open",)]


def test_a_reader_enters_no_schema_but_its_own(warehouse):
    query = "select nspname from pg_namespace where has_schema_privilege('clearsignal_api', oid, 'usage')"
    with warehouse.connect_as_administrator() as connection:
        found = {name for (name,) in connection.execute(query)}
    assert {name for name in found if not name.startswith(("pg_", "information_schema"))} == {"app", "guard", "marts"}


def test_without_a_tenant_nothing_is_seen(warehouse, two_tenants):
    with warehouse.connect("api") as connection:
        assert connection.execute("select count(*) from app.place").fetchone() == (0,)


def test_a_reader_sees_its_own_tenant_alone(warehouse, two_tenants):
    ours, _ = two_tenants
    with warehouse.connect("api") as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", [str(ours)])
        assert connection.execute("select tenant_id from app.place").fetchall() == [(ours,)]
        assert connection.execute("select tenant_id from app.tenant").fetchall() == [(ours,)]


def test_after_the_transaction_the_tenant_is_gone(warehouse, two_tenants):
    ours, _ = two_tenants
    with warehouse.connect("api", autocommit=True) as connection:
        with connection.transaction():
            connection.execute("select set_config('app.tenant_id', %s, true)", [str(ours)])
        assert connection.execute("select count(*) from app.place").fetchone() == (0,)


def test_a_reader_cannot_write_into_another_tenant(warehouse, two_tenants):
    ours, theirs = two_tenants
    with warehouse.connect("api") as connection:
        connection.execute("select set_config('app.tenant_id', %s, true)", [str(ours)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into app.session (tenant_id, user_id, family_id, refresh_hash, expires_at)"
                " values (%s, gen_random_uuid(), gen_random_uuid(), 'x', now())",
                [theirs],
            )


@pytest.mark.parametrize(
    "column", [("connection", "secrets"), ("user", "password_hash"), ("load_package", "load_id"), ("quota", "used")]
)
def test_a_reader_never_sees_secrets_nor_the_services_own_tables(warehouse, column):
    table, name = column
    query = sql.SQL("select {} from app.{}").format(sql.Identifier(name), sql.Identifier(table))
    with warehouse.connect("api") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(query)


def test_guard_functions_answer_the_api_alone(warehouse):
    query = "select proname from pg_proc as p where pronamespace = 'guard'::regnamespace and ({})"
    public = "has_function_privilege('clearsignal_dagster', p.oid, 'execute')"
    open_path = "not prosecdef or proconfig is distinct from array['search_path=\"\"']"
    with warehouse.connect_as_administrator() as connection:
        assert connection.execute(query.format(public)).fetchall() == []
        assert connection.execute(query.format(open_path)).fetchall() == []

"""Tenants: made, found and removed. A tenant is seen as `slug--short uuid`, its partition key."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from psycopg import Connection, sql

from pipelines import names
from pipelines.landing.locks import await_commits, landing_schema, lock_of
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PARTITION_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*--[0-9a-f]{8}")
TRANSFORMED = ("ml", "marts", "build", "intermediate", "build_failures")
COLUMNS = "tenant_id, slug, name, time_zone, partition_key, is_demo"


class UnknownTenant(Exception):
    """There is no such tenant."""


class InvalidTenant(Exception):
    """The slug, name, place or time zone of a new tenant does not fit. The message says how it must look."""


@dataclass(frozen=True)
class Tenant:
    """One customer of ours."""

    tenant_id: UUID
    slug: str
    name: str
    time_zone: str
    partition_key: str
    is_demo: bool = False


@dataclass(frozen=True)
class Place:
    """Where a tenant is: its weather and news are asked for by this."""

    name: str
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str | None = None


def create(
    warehouse: Warehouse,
    slug: str,
    name: str,
    time_zone: str = "UTC",
    places: Iterable[Place] = (),
    is_demo: bool = False,
) -> Tenant:
    """The tenant with this slug, made where it is new. Raises InvalidTenant."""
    if not SLUG.fullmatch(slug) or len(slug) > 40:
        raise InvalidTenant(
            f"{slug!r} is no slug. Do: give one (--slug) of a-z, 0-9 and single dashes, at most 40 characters."
        )
    if time_zone not in available_timezones():
        raise InvalidTenant(f"{time_zone!r} is no time zone. Do: use a name such as Europe/Berlin.")
    try:
        name = names.checked(name)
        places = [replace(place, name=names.checked(place.name, "place")) for place in places]
    except names.InvalidName as error:
        raise InvalidTenant(str(error)) from None
    with warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.tenant (tenant_id, slug, name, time_zone, is_demo) values (%s, %s, %s, %s, %s)"
            " on conflict (slug) do nothing",
            [uuid4(), slug, name, time_zone, is_demo],
        )
        tenant = _one(connection, slug)
        for place in places:
            connection.execute(
                """
                insert into app.place (tenant_id, name, country_code, latitude, longitude, time_zone)
                select %(tenant)s, %(name)s, %(country)s, %(latitude)s, %(longitude)s, %(zone)s
                where not exists (select 1 from app.place where tenant_id = %(tenant)s and name = %(name)s)
                """,
                {
                    "tenant": tenant.tenant_id, "name": place.name, "country": place.country_code,
                    "latitude": place.latitude, "longitude": place.longitude, "zone": place.time_zone,
                },
            )  # fmt: skip
    return tenant


def find(warehouse: Warehouse, name: str, database: Connection | None = None) -> Tenant:
    """The tenant with this slug, partition key or uuid. Raises UnknownTenant."""
    with warehouse.loader(database) as connection:
        return _one(connection, name)


def all(warehouse: Warehouse) -> list[Tenant]:
    """Every tenant, by slug."""
    with warehouse.connect("loader") as connection:
        rows = connection.execute(f"select {COLUMNS} from app.tenant order by slug").fetchall()
    return [Tenant(*row) for row in rows]


def remove(warehouse: Warehouse, tenant: Tenant) -> None:
    """Delete the tenant and every row, schema and file of it. Users who belong to nobody else go too."""
    from pipelines.landing.pipeline import folder

    with warehouse.connect("loader") as connection:
        rows = connection.execute(
            "select source, connection_id from app.connection where tenant_id = %s", [tenant.tenant_id]
        ).fetchall()
        for source, connection_id in rows:  # a row that came later would be nobody's
            connection.execute("select pg_advisory_xact_lock(%s)", [lock_of(connection_id)])
            await_commits(connection, source, connection_id)
        connection.execute("update app.connection set removed_at = now() where tenant_id = %s", [tenant.tenant_id])
        _delete_raw(connection, tenant)
        for source, connection_id in rows:
            schema = sql.Identifier(landing_schema(source, connection_id))
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
            shutil.rmtree(folder(warehouse, source, connection_id), ignore_errors=True)
    with warehouse.connect("transformer") as connection:
        for schema_name, table in _tables_with_tenant(connection):
            statement = sql.SQL("delete from {} where tenant_id = %s").format(sql.Identifier(schema_name, table))
            connection.execute(statement, [str(tenant.tenant_id)])
    with warehouse.connect("loader") as connection:
        members = connection.execute(
            "delete from app.membership where tenant_id = %s returning user_id", [tenant.tenant_id]
        ).fetchall()
        connection.execute("delete from app.tenant where tenant_id = %s", [tenant.tenant_id])
        connection.execute(
            "delete from app.user as u where user_id = any(%s)"
            " and not exists (select from app.membership as m where m.user_id = u.user_id)",
            [[user_id for (user_id,) in members]],
        )


def _one(connection: Connection, name: str) -> Tenant:
    row = connection.execute(
        f"select {COLUMNS} from app.tenant"
        " where slug = %(name)s or partition_key = %(name)s or tenant_id::text = %(name)s",
        {"name": str(name)},
    ).fetchone()
    if row is None:
        raise UnknownTenant(f"There is no tenant {name!r}. Do: clearsignal tenant list.")
    return Tenant(*row)


def _delete_raw(connection: Connection, tenant: Tenant) -> None:
    tenant_id = str(tenant.tenant_id)
    for source, tables in RAW.items():
        schema = f"raw_{source}"
        for table in tables:
            if _exists(connection, schema, table):
                statement = sql.SQL("delete from {} where tenant_id = %s").format(sql.Identifier(schema, table))
                connection.execute(statement, [tenant_id])
        if _exists(connection, schema, "_dlt_pipeline_state"):
            state = sql.Identifier(schema, "_dlt_pipeline_state")
            connection.execute(
                sql.SQL(
                    "delete from {} where pipeline_name in"
                    " (select source || '_' || replace(connection_id::text, '-', '')"
                    " from app.connection where tenant_id = %s)"
                ).format(state),
                [tenant.tenant_id],
            )


def _exists(connection: Connection, schema: str, table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [f'{schema}."{table}"']).fetchone()
    return bool(row and row[0])


def _tables_with_tenant(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute(
        """
        select c.table_schema, c.table_name from information_schema.columns as c
        join information_schema.tables as t using (table_schema, table_name)
        where c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE' and c.table_schema = any(%s)
        """,
        [list(TRANSFORMED)],
    ).fetchall()

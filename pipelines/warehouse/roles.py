"""The roles of the warehouse and what each may do. Run by the administrator before the migrations."""

import psycopg
from psycopg import sql

from pipelines.warehouse.connection import ROLES, Warehouse, WarehouseUnavailable

OLDEST_POSTGRES = 160000


def ensure(warehouse: Warehouse) -> None:
    """Make the roles, Dagster's database and the grants on the database. Safe to repeat.

    Raises WarehouseUnavailable where the server is too old, lacks pgvector or refuses the administrator.
    """
    database = warehouse.parts("owner")["dbname"]
    try:
        with warehouse.connect_as_administrator(autocommit=True, connect_timeout=10) as connection:
            _check_server(connection)
            for role in ROLES:
                _ensure_role(connection, f"clearsignal_{role}", warehouse.password(role))
            _ensure_dagster_database(connection, f"{database}_dagster")
            _grant_on_database(connection, database)
            connection.execute("create extension if not exists vector")
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable(
            f"the database cannot be reached: {_first_line(error)}. "
            "Do: check that it runs and that DATABASE_URL names its host, port, user and password."
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseUnavailable(
            f"the account of DATABASE_URL may not prepare the database: {_first_line(error)}. "
            "Do: use an account with CREATEROLE and CREATEDB that owns the database."
        ) from None


def _check_server(connection: psycopg.Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_POSTGRES:
        raise WarehouseUnavailable(f"PostgreSQL {version // 10000} is too old. Do: use PostgreSQL 16 or newer.")
    if not connection.execute("select 1 from pg_available_extensions where name = 'vector'").fetchone():
        raise WarehouseUnavailable(
            "the server has no pgvector. Do: install its pgvector package (for example postgresql-18-pgvector)."
        )


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole").format(name))
    set_password(connection, role, password)
    connection.execute(sql.SQL("alter role {} set timezone = 'UTC'").format(name))
    connection.execute(sql.SQL("grant {} to current_user with set true").format(name))


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role this password, one that was derived from the secret key."""
    # Stretching is for passwords that people choose. Ours are 256-bit keys, and it is half of what a connection costs.
    connection.execute("set scram_iterations = 1")
    connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password)))
    connection.execute("reset scram_iterations")


def _ensure_dagster_database(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    if not connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        connection.execute(sql.SQL("create database {} owner clearsignal_dagster").format(name))
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))


def _grant_on_database(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    connection.execute("revoke all on schema public from public")
    connection.execute(sql.SQL("grant connect on database {} to clearsignal_api").format(name))
    for role in ("owner", "loader", "transformer"):
        grant = sql.SQL("grant connect, create, temporary on database {} to {}")
        connection.execute(grant.format(name, sql.Identifier(f"clearsignal_{role}")))
    # What the loader lands, the transformer reads; neither answers a user.
    connection.execute(
        "alter default privileges for role clearsignal_loader grant usage on schemas to clearsignal_transformer"
    )
    connection.execute(
        "alter default privileges for role clearsignal_loader grant select on tables to clearsignal_transformer"
    )
    connection.execute(sql.SQL("alter role clearsignal_transformer in database {} set work_mem = '256MB'").format(name))


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]

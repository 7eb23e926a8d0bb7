"""Another secret key: whatever hangs on it in the database changes in one transaction, so that no try is half done."""

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, sql

from pipelines.connection_changes import SEALED, Author, audit
from pipelines.warehouse import embedded, roles
from pipelines.warehouse.connection import ROLES, Warehouse, WarehouseUnavailable

PATIENCE_SECONDS = 5.0  # the server notices a moment later that a client has gone
OPEN = r"""
select usename, count(*) from pg_stat_activity
where datname = any(%s) and usename like 'clearsignal\_%%' group by usename order by usename
"""
END_SESSIONS = "update app.session set revoked_at = now() where revoked_at is null"


class RotationRefused(Exception):
    """The key was not changed, and nothing else was. The message says why and what to do."""


@dataclass(frozen=True)
class Rotated:
    """What was changed: secrets encrypted anew and their connections, sessions ended. `was_done`: nothing was left."""

    secrets: int = 0
    connections: int = 0
    sessions: int = 0
    was_done: bool = False


def rotate(warehouse: Warehouse, key: bytes, *, is_embedded: bool) -> Rotated:
    """Let everything in the database hang on `key` in place of the warehouse's own: stored secrets, passwords of roles
    and, of the embedded server, of its administrator. Sessions end, since their tokens are signed with the old key.

    Safe to repeat: what already opens with `key` stays. Raises RotationRefused where Clearsignal still runs or a secret
    opens with neither key, and WarehouseUnavailable where the database was never prepared by this version.
    """
    following = Warehouse(warehouse.admin_url, key, warehouse.home)
    check_unused(warehouse)
    passwords_are_set = _signs_in(following)
    try:
        with warehouse.connect_as_administrator(connect_timeout=10) as database:
            database.execute("set local role clearsignal_loader")
            secrets, connections = _encrypt_anew(database, warehouse, following)
            if passwords_are_set and not secrets:
                return Rotated(was_done=True)
            sessions = database.execute(END_SESSIONS).rowcount
            database.execute("reset role")
            for role in ROLES:
                roles.set_password(database, f"clearsignal_{role}", following.password(role))
            if is_embedded:
                roles.set_password(database, "postgres", embedded.administrator_password(key))
    except (psycopg.errors.InvalidParameterValue, psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise WarehouseUnavailable(
            "the database was not prepared by this version of Clearsignal. Do: make up with the key until now, once."
        ) from None
    return Rotated(secrets, connections, sessions)


def check_unused(warehouse: Warehouse) -> None:
    """Raise RotationRefused where programs of ours are connected: they would go on to write under the old key."""
    try:
        found = _connected(warehouse)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise RotationRefused(
            f"the database cannot be reached: {said}. Do: check that it runs and that DATABASE_URL is right."
        ) from None
    if found:
        said = ", ".join(f"{role} ({count})" for role, count in found)
        raise RotationRefused(
            f"Clearsignal is still connected to the database: {said}. "
            "Do: clearsignal stop or docker compose stop, wait for commands that run, then again."
        )


def _connected(warehouse: Warehouse) -> list[tuple[str, int]]:
    """Our roles with connections that do not end by themselves."""
    name = warehouse.parts("owner")["dbname"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    with warehouse.connect_as_administrator(autocommit=True, connect_timeout=10) as database:
        while found := database.execute(OPEN, [[name, f"{name}_dagster"]]).fetchall():
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
    return found


def _encrypt_anew(database: Connection, before: Warehouse, after: Warehouse) -> tuple[int, int]:
    """Seal with the new key what the old one sealed; how many secrets, and of how many connections."""
    columns = sql.SQL(", ").join(map(sql.Identifier, SEALED))
    assign = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in SEALED)
    update = sql.SQL("update app.connection set {} where tenant_id = %s and connection_id = %s").format(assign)
    database.execute("lock table app.connection in share row exclusive mode")
    rows = database.execute(
        sql.SQL("select tenant_id, connection_id, source, version, {} from app.connection").format(columns)
    ).fetchall()
    secrets = connections = 0
    for tenant_id, connection_id, source, version, *stored in rows:
        stale = [sealed is not None and not _opens(after, sealed) for sealed in stored]
        if not any(stale):
            continue
        try:
            made = [after.encrypt(before.decrypt(it)) if old else it for it, old in zip(stored, stale, strict=True)]
        except WarehouseUnavailable:
            raise RotationRefused(
                f"a secret of the {source} connection {connection_id} opens neither with the old key nor with the new "
                "one; nothing was changed. Do: give the right key, or under the key until now enter that secret again "
                "or remove the connection."
            ) from None
        database.execute(update, [*made, tenant_id, connection_id])
        audit(database, Author(tenant_id), "rotate_key", connection_id, version, {})
        secrets, connections = secrets + sum(stale), connections + 1
    return secrets, connections


def _opens(warehouse: Warehouse, sealed: Any) -> bool:
    try:
        warehouse.decrypt(sealed)
    except WarehouseUnavailable:
        return False
    return True


def _signs_in(warehouse: Warehouse) -> bool:
    try:
        warehouse.connect("api", connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True

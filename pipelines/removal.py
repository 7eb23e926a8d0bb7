"""What a connection loaded is taken away: all of it with the connection, or the part that its scope no longer names.

Raw rows are deleted, and a package without rows tells the next build that the tenant changed: the models find by
themselves what they built from rows that are gone.
"""

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from pipelines.landing.locks import await_commits, landing_schema, lock_of
from pipelines.raw_schema import ensure_tables
from pipelines.raw_tables import RAW, Table
from pipelines.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from pipelines.stored_connections import StoredConnection

Scope = dict[str, Any]
CHILDREN = {  # tables that name no project: by their parent
    "changelogs": ("issue_id", "issues"),
    "worklogs": ("issue_id", "issues"),
    "remotelinks": ("issue_id", "issues"),
    "sprints": ("board_id", "boards"),
}


def remove_connection(warehouse: Warehouse, connection_id: UUID) -> int | None:
    """Delete a connection with all raw rows, its state and its files; how many rows. None: there is no such one.

    Waits for a sync of it to end.
    """
    from pipelines.landing.pipeline import folder  # dlt: a second to import

    with warehouse.connect("loader") as database:
        owner = database.execute(
            "select tenant_id, source from app.connection where connection_id = %s", [connection_id]
        ).fetchone()
        if owner is None:
            return None
        tenant_id, source = owner
        ensure_tables(warehouse, [source])  # it may go before its first sync
        database.execute("select pg_advisory_xact_lock(%s)", [lock_of(connection_id)])
        await_commits(database, source, connection_id)  # a row that came later would be nobody's
        count = remove_rows(database, source, tenant_id, connection_id)
        forget_cursors(database, source, connection_id)
        schema = sql.Identifier(landing_schema(source, connection_id))
        database.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
        database.execute("delete from app.connection where connection_id = %s", [connection_id])
    shutil.rmtree(folder(warehouse, source, connection_id), ignore_errors=True)
    return count


def finish(warehouse: Warehouse) -> int:
    """Take away the rows of the connections that were removed over the API; how many connections."""
    with warehouse.connect("loader") as database:
        rows = database.execute("select connection_id from app.connection where removed_at is not null").fetchall()
    return sum(remove_connection(warehouse, connection_id) is not None for (connection_id,) in rows)


def remove_rows(
    database: Connection, source: str, tenant_id: UUID, connection_id: UUID, left_out: sql.Composable | None = None
) -> int:
    """Delete a connection's raw rows, or those whose project or repository is `left_out`; how many.

    `left_out` is a condition on the column `scope`.
    """
    count = 0
    owner = [str(tenant_id), str(connection_id)]
    tables = RAW[source]
    for name in sorted(tables, key=lambda name: name not in CHILDREN):  # children first: they need their parents
        condition = sql.SQL("true") if left_out is None else _condition(source, tables[name], owner, left_out)
        if condition is not None:
            statement = sql.SQL("delete from {} where tenant_id = %s and connection_id = %s and {}")
            table = sql.Identifier(f"raw_{source}", name)
            count += database.execute(statement.format(table, condition), owner).rowcount
    if count:
        database.execute(
            "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, %s)",
            [tenant_id, connection_id, f"removal-{uuid4()}", source],
        )
    return count


def forget_cursors(database: Connection, source: str, connection_id: UUID) -> None:
    """The next sync begins at the first day. The connection's local folder must go too."""
    state = f"raw_{source}._dlt_pipeline_state"
    row = database.execute("select to_regclass(%s) is not null", [state]).fetchone()
    if row and row[0]:
        statement = sql.SQL("delete from {} where pipeline_name = %s").format(sql.Identifier(*state.split(".")))
        database.execute(statement, [f"{source}_{connection_id.hex}"])


def leave_scope(database: Connection, stored: "StoredConnection") -> bool:
    """Take away what the connection's scope named at its last load and names no more; whether its cursors went too.

    The caller holds the connection's lock, and then drops the local folder.
    """
    owner, now = (stored.tenant.tenant_id, stored.connection_id), scope_of(stored.connection)
    row = database.execute(
        "select loaded_scope from app.connection where tenant_id = %s and connection_id = %s", owner
    ).fetchone()
    before = row[0] if row else None
    if before == now:
        return False
    with database.transaction():
        left_out = out_of_scope(before or {}, now)
        count = remove_rows(database, stored.source, *owner, left_out) if left_out else 0
        # A project has no cursor of its own: a new one is read from its first day, together with the others.
        begins_anew = before is not None and (count > 0 or "projects" in now)
        if begins_anew:
            forget_cursors(database, stored.source, stored.connection_id)
        database.execute(
            "update app.connection set loaded_scope = %s where tenant_id = %s and connection_id = %s",
            [Jsonb(now), *owner],
        )
    return begins_anew


def scope_of(connection: Any) -> Scope:
    """What of its account a connection reads. Empty for sources that have no scope."""
    names = ("organization", "repositories", "projects")
    values = {name: getattr(connection, name) for name in names if hasattr(connection, name)}
    return {name: sorted(value) if isinstance(value, tuple) else value for name, value in values.items()}


def out_of_scope(before: Mapping[str, Any], now: Mapping[str, Any]) -> sql.Composable | None:
    """The condition on `scope` for what was read before and is no longer; None where nothing is left out.

    Names are compared without case. What a renamed repository is called by now is in no list, and stays.
    """
    if now.get("projects"):
        return sql.SQL("not lower(scope) = any({})").format(_lower(now["projects"]))
    named = {name.lower() for name in now.get("repositories", ())}
    dropped = sorted({name.lower() for name in before.get("repositories", ())} - named)
    old, new = (each.get("organization") for each in (before, now))
    conditions = [sql.SQL("lower(scope) = any({})").format(_lower(dropped))] if dropped else []
    if old and (new or "").lower() != old.lower():
        owner = sql.SQL("split_part(lower(scope), '/', 1) = lower({})").format(sql.Literal(old))
        conditions.append(sql.SQL("({} and not lower(scope) = any({}))").format(owner, _lower(sorted(named))))
    if not conditions:
        return None
    left_out = sql.SQL("({})").format(sql.SQL(" or ").join(conditions))
    if new:
        left_out += sql.SQL(" and split_part(lower(scope), '/', 1) <> lower({})").format(sql.Literal(new))
    return left_out


def _condition(source: str, table: Table, owner: list[str], left_out: sql.Composable) -> sql.Composable | None:
    """For the rows of a table that are left out; None where they belong to no project or repository."""
    if source == "jira" and table.name in CHILDREN:
        column, parent = CHILDREN[table.name]
        tenant_id, connection_id = map(sql.Literal, owner)
        within = _condition(source, RAW[source][parent], owner, left_out)
        assert within is not None
        return sql.SQL("{} in (select id from {} where tenant_id = {} and connection_id = {} and {})").format(
            sql.Identifier(column), sql.Identifier(f"raw_{source}", parent), tenant_id, connection_id, within
        )
    own = "key" if (source, table.name) == ("jira", "projects") else "project_key" if source == "jira" else "repository"
    if own not in table.columns:
        return None
    return sql.SQL("exists (select from (select {} as scope) as its where {})").format(sql.Identifier(own), left_out)


def _lower(names: list[str]) -> sql.Composable:
    return sql.SQL("{}::text[]").format(sql.Literal([name.lower() for name in names]))

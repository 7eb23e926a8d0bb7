"""A repository that was renamed, transferred, deleted or replaced at its source: what was read of it follows its id.

Names stand in the rows' keys and in the cursors, so both are changed. Otherwise all of it would be read, and counted,
once more under the new name (DECISIONS.md, 28).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from pipelines import removal
from pipelines.connection_changes import Author, audit
from pipelines.raw_tables import RAW, Table

if TYPE_CHECKING:
    from pipelines.stored_connections import StoredConnection

TABLE = "repositories"
ADDRESSES = {"html_url", "url"}
NAMED = {name: table for name, table in RAW["github"].items() if "repository" in table.columns}


class Moves(NamedTuple):
    """What became of repositories: name until now → name now, empty where its rows were deleted; the ids of these."""

    names: dict[str, str]
    gone: frozenset[int]


def follow(database: Connection, stored: "StoredConnection", rows: Sequence[Mapping[str, Any]]) -> Moves | None:
    """Bring what is kept in line with the repositories that the source has just listed; None where all is as it was.

    Rows are deleted where another repository took the name, or the organization has this one no more.
    Of repositories that a connection names one by one, those that are not shown stay: the token may have lost a right.
    The caller holds the connection's lock.
    """
    now = {int(row["id"]): str(row["repository"]) for row in rows if row.get("id") and row.get("repository")}
    owner = (str(stored.tenant.tenant_id), str(stored.connection_id))
    known: dict[int, str] = dict(
        database.execute(
            "select id, repository from raw_github.repositories where tenant_id = %s and connection_id = %s", owner
        ).fetchall()
    )
    named = {name.lower() for name in stored.connection.repositories}
    taken = set(now.values())
    moved = {name: now[key] for key, name in known.items() if now.get(key, name) != name}
    gone = {
        key: name
        for key, name in known.items()
        if key not in now and (name in taken or (stored.connection.organization and name.lower() not in named))
    }
    if not moved and not gone:
        return None
    with database.transaction():
        if gone:
            _remove(database, stored, list(gone.values()))
        if moved:
            _move(database, stored, moved)
            _tell(database, stored, moved)
    return Moves({**dict.fromkeys(gone.values(), ""), **moved}, frozenset(gone))


def cursors(stored: Mapping[str, str], moves: Moves) -> dict[str, str]:
    """The cursors that change with the names. One that is left behind is empty, so that it counts as none.

    So are the ETags: an answer that is as it was brings no rows, and these may be gone.
    """
    names = moves.names
    places = [*(f"/repos/{name}/" for name in names), *(f"/repositories/{number}/" for number in moves.gone)]
    etags = [key for key in stored if key.startswith("etag|") and any(place in key for place in places)]
    old = {key: value for key, value in stored.items() if key.partition("|")[2] in names}
    new = dict.fromkeys(etags, "")
    for key, value in old.items():
        resource, _, name = key.partition("|")
        if names[name]:
            new[f"{resource}|{names[name]}"] = value.replace(f"/repos/{name}/", f"/repos/{names[name]}/")
    return {**dict.fromkeys(old, ""), **new}


def _remove(database: Connection, stored: "StoredConnection", names: list[str]) -> None:
    scope = sql.SQL("scope = any({}::text[])").format(sql.Literal(names))
    removal.remove_rows(database, stored.source, stored.tenant.tenant_id, stored.connection_id, scope)


def _move(database: Connection, stored: "StoredConnection", names: Mapping[str, str]) -> None:
    """Two repositories may have changed names with each other, so every row first gets one that nothing else has."""
    owner, load_id = (stored.tenant.tenant_id, stored.connection_id), f"rename-{uuid4()}"
    between = {name: f"rename {uuid4()}" for name in names}
    tables = []
    for table in NAMED.values():
        for old, new in [*between.items(), *((between[name], now) for name, now in names.items())]:
            if _rename(database, table, owner, load_id, old, new) and table.name not in tables:
                tables.append(table.name)
        for old, new in names.items():
            _link(database, table, owner, old, new)
    database.execute(
        "insert into app.load_package (tenant_id, connection_id, load_id, source, tables) values (%s, %s, %s, %s, %s)",
        [*owner, load_id, stored.source, tables],
    )


def _rename(database: Connection, table: Table, owner: tuple[UUID, UUID], load_id: str, old: str, new: str) -> int:
    """Rows that are there under the new name already (by a webhook) are the newer ones."""
    place, key = sql.Identifier(table.schema, table.name), [name for name in table.key if name != "repository"]
    values = [*map(str, owner), old]
    if len(key) < len(table.key):
        same = sql.SQL(" and ").join(sql.SQL("there.{0} = here.{0}").format(sql.Identifier(name)) for name in key)
        database.execute(
            sql.SQL(
                "delete from {0} as here where tenant_id = %s and connection_id = %s and repository = %s and exists ("
                "select from {0} as there where there.tenant_id = here.tenant_id"
                " and there.connection_id = here.connection_id and there.repository = %s and {1})"
            ).format(place, same),
            [*values, new],
        )
    return database.execute(
        sql.SQL(
            "update {} set repository = %s, _dlt_load_id = %s"
            " where tenant_id = %s and connection_id = %s and repository = %s"
        ).format(place),
        [new, load_id, *values],
    ).rowcount


def _link(database: Connection, table: Table, owner: tuple[UUID, UUID], old: str, new: str) -> None:
    """Addresses of the old name lead on at GitHub only until somebody else takes it."""
    for column in ADDRESSES & table.columns.keys():
        database.execute(
            sql.SQL(
                "update {0} set {1} = replace({1}, %s, %s)"
                " where tenant_id = %s and connection_id = %s and repository = %s"
            ).format(sql.Identifier(table.schema, table.name), sql.Identifier(column)),
            [f"/{old}/", f"/{new}/", *map(str, owner), new],
        )


def _tell(database: Connection, stored: "StoredConnection", names: Mapping[str, str]) -> None:
    """Write the new names into the connection's own scope: the old ones may belong to somebody else one day."""
    present = {old.lower(): new for old, new in names.items()}
    owner = [stored.tenant.tenant_id, stored.connection_id]
    row = database.execute(
        "select config, loaded_scope, version from app.connection where tenant_id = %s and connection_id = %s"
        " for update",
        owner,
    ).fetchone()
    if row is None:
        return
    config, scope, version = row
    before = config.get("repositories") or []
    after = _renamed(before, present)
    if after == before:
        return
    loaded = {**scope, "repositories": sorted(_renamed(scope.get("repositories") or [], present))} if scope else None
    database.execute(
        "update app.connection set config = %s, loaded_scope = %s, version = version + 1, updated_at = now()"
        " where tenant_id = %s and connection_id = %s",
        [Jsonb({**config, "repositories": after}), Jsonb(loaded) if loaded else None, *owner],
    )
    audit(
        database, Author(stored.tenant.tenant_id), "change", stored.connection_id, version + 1,
        {"repositories": [before, after]},
    )  # fmt: skip


def _renamed(names: Sequence[str], present: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(present.get(name.lower(), name) for name in names))

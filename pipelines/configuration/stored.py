"""Configuration as it is kept: shown, replaced as a whole list, with every version it had; an older one comes back.

A change is one transaction: the version with who, when and why, the rows that the models read, the audit's entry, and a
package without rows, so that the next build works the tenant out anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pipelines.configuration.kinds import KINDS, InvalidConfiguration, Kind
from pipelines.connection_changes import Author, Changed, audit
from pipelines.names import is_blank

FOUND = "found when the first version was made"
LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"  # of two who change a kind, one after the other
VERSION = (
    "select v.version, v.reason, u.email as author, v.made_at, v.restored_from, jsonb_array_length(v.rows) as row_count"
    " from app.configuration_version as v left join app.user as u on u.user_id = v.author"
)


class NoSuchKind(Exception):
    """There is no configuration of this kind."""


class NoSuchVersion(Exception):
    """The tenant's configuration never had this version."""


@dataclass(frozen=True)
class Version:
    """A list as it once was: who made it, when and why. Author null: the operator, or a user who is gone."""

    version: int
    reason: str
    author: str | None
    made_at: datetime
    restored_from: int | None
    row_count: int


@dataclass(frozen=True)
class Configuration:
    """A kind's rows in force. Version 0: nobody has changed them here."""

    kind: str
    version: int
    rows: list[dict[str, Any]]
    without: str  # what holds where there are no rows
    last_change: Version | None


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises NoSuchKind."""
    if name not in KINDS:
        raise NoSuchKind(f"there is no configuration {name[:50]!r}. Do: use one of {', '.join(KINDS)}.")
    return KINDS[name]


def shown(database: Connection, tenant_id: UUID, kind: Kind) -> Configuration:
    """What is in force for the tenant."""
    newest = _newest(database, tenant_id, kind)
    rows = _read(database, tenant_id, kind)
    return Configuration(kind.name, newest.version if newest else 0, rows, kind.without, newest)


def put(
    database: Connection, author: Author, kind: Kind, rows: Any, reason: str, expected: int | None = None,
    restored_from: int | None = None,
) -> Configuration:  # fmt: skip
    """Let these rows be the tenant's, from the next build on. The same rows again are no new version.

    Raises InvalidConfiguration; Changed where the version in force is not the `expected` one.
    """
    if all(map(is_blank, reason)):
        raise InvalidConfiguration("reason", "say why, for those who read the figures later.")
    wanted = kind.parse(rows)
    database.execute(LOCK, [f"{author.tenant_id} {kind.name}"])
    before = shown(database, author.tenant_id, kind)
    if expected is not None and expected != before.version:
        raise Changed(f"{kind.name} are at version {before.version}, not {expected}.")
    _check_names(database, author.tenant_id, kind, wanted)
    kind.store.replace(database, author.tenant_id, wanted)
    after = _read(database, author.tenant_id, kind)
    if after == before.rows:
        return before
    found = before.version == 0 and bool(before.rows)
    if found:
        _add(database, Author(author.tenant_id), kind, 1, before.rows, FOUND, None)
    version = before.version + 1 + found
    _add(database, author, kind, version, after, reason.strip(), restored_from)
    _tell(database, author, kind, version, len(before.rows), len(after))
    return shown(database, author.tenant_id, kind)


def versions(database: Connection, tenant_id: UUID, kind: Kind) -> list[Version]:
    """Every version there was, newest first."""
    query = f"{VERSION} where v.tenant_id = %s and v.kind = %s order by v.version desc"
    with database.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(query, [tenant_id, kind.name]).fetchall()


def rows_of(database: Connection, tenant_id: UUID, kind: Kind, version: int) -> list[dict[str, Any]]:
    """The rows of a version. Raises NoSuchVersion."""
    found = (
        version < 2**31
        and database.execute(
            "select rows from app.configuration_version where tenant_id = %s and kind = %s and version = %s",
            [tenant_id, kind.name, version],
        ).fetchone()
    )
    if not found:
        raise NoSuchVersion(f"{kind.name} never had version {version}.")
    return found[0]


def restore(
    database: Connection, author: Author, kind: Kind, version: int, reason: str, expected: int | None = None
) -> Configuration:
    """Bring a version back, as a new one. Raises NoSuchVersion, Changed; InvalidConfiguration where it fits no more."""
    rows = rows_of(database, author.tenant_id, kind, version)
    return put(database, author, kind, rows, reason, expected, restored_from=version)


def _read(database: Connection, tenant_id: UUID, kind: Kind) -> list[dict[str, Any]]:
    """The rows in force as JSON has them; unchecked, for who keeps them by other means must still see them."""
    return msgspec.to_builtins(kind.store.read(database, tenant_id))


def _newest(database: Connection, tenant_id: UUID, kind: Kind) -> Version | None:
    query = f"{VERSION} where v.tenant_id = %s and v.kind = %s order by v.version desc limit 1"
    with database.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(query, [tenant_id, kind.name]).fetchone()


def _add(
    database: Connection, author: Author, kind: Kind, version: int, rows: list[dict[str, Any]], reason: str,
    restored_from: int | None,
) -> None:  # fmt: skip
    database.execute(
        "insert into app.configuration_version (tenant_id, kind, version, rows, reason, author, restored_from)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [author.tenant_id, kind.name, version, Jsonb(rows), reason, author.user_id, restored_from],
    )


def _tell(database: Connection, author: Author, kind: Kind, version: int, before: int, after: int) -> None:
    """The audit's entry, and a package, so that the next build works the tenant out anew."""
    subject = uuid5(author.tenant_id, kind.name)
    audit(database, author, "set", subject, version, {kind.name: [before, after]}, subject="configuration")
    database.execute(
        "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, 'app')",
        [author.tenant_id, subject, f"configuration-{uuid4()}"],
    )


def _check_names(database: Connection, tenant_id: UUID, kind: Kind, wanted: Sequence[Struct]) -> None:
    """What the rows name must exist, and what other rows name must stay. Raises InvalidConfiguration."""
    for field, other in kind.refers.items():
        known = {row[field] for row in _read(database, tenant_id, KINDS[other])}
        for number, row in enumerate(wanted):
            named = getattr(row, field)
            if named is not None and named not in known:
                raise InvalidConfiguration(f"rows[{number}].{field}", f"there is no {named!r} among the {other}.")
    for other_kind in KINDS.values():
        for field in (field for field, target in other_kind.refers.items() if target == kind.name):
            kept = {getattr(row, field) for row in wanted}
            named = {row[field] for row in _read(database, tenant_id, other_kind)} - {None}
            if missing := sorted(named - kept):
                raise InvalidConfiguration(
                    "rows", f"the {other_kind.name} name {missing[0]!r}. Do: change those first."
                )

"""What a person decides against the rules: added and undone, never changed, each with an entry in the audit.

Always as the tenant's own role, over the API and by the command line alike: what it may not see, it cannot name. The
models take it from `app.override` with the next build, which the package of each change asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import class_row

from pipelines.connection_changes import Author, audit
from pipelines.override_subjects import Wanted, checked

COLUMNS = (
    "o.override_id, o.kind, o.subject, o.object, o.value, o.reason, made.email as author, o.created_at, o.valid_from,"
    " o.undone_at, unmade.email as undone_by"
)
READ = (
    f"select {COLUMNS} from app.override as o left join app.user as made on made.user_id = o.author"
    " left join app.user as unmade on unmade.user_id = o.undone_by"
)


class OverrideExists(Exception):
    """Somebody said something about the same thing already, and it is not undone."""


class NoSuchOverride(Exception):
    """The tenant has no override of this id."""


class AlreadyUndone(Exception):
    """The override does not count any more."""


@dataclass(frozen=True)
class Override:
    """One as it is kept and shown. Authors are e-mail addresses; null: the operator, or a user who is gone."""

    override_id: UUID
    kind: str
    subject: str
    object: str | None
    value: bool
    reason: str
    author: str | None
    created_at: datetime
    valid_from: date | None
    undone_at: datetime | None
    undone_by: str | None


def add(database: Connection, author: Author, wanted: Wanted) -> Override:
    """Store an override; it counts from the next build on. Raises InvalidOverride, OverrideExists."""
    subject, object_ = checked(database, wanted)
    override_id = uuid4()
    row = database.execute(
        """
        insert into app.override (tenant_id, override_id, kind, subject, object, value, reason, author, valid_from)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning override_id
        """,
        [author.tenant_id, override_id, wanted.kind, subject, object_, wanted.value, wanted.reason.strip(),
         author.user_id, wanted.valid_from],
    ).fetchone()  # fmt: skip
    if row is None:
        raise OverrideExists("an override of this kind says something of it already. Do: undo that one first.")
    changes = {"kind": wanted.kind, "subject": subject, "object": object_, "value": wanted.value}
    _tell(database, author, "create", override_id, {name: [None, value] for name, value in changes.items()})
    return _one(database, override_id)


def undo(database: Connection, author: Author, override_id: UUID) -> Override:
    """Let the rules decide again, from the next build on. Raises NoSuchOverride, AlreadyUndone."""
    undone = database.execute(
        "update app.override set undone_at = now(), undone_by = %s where override_id = %s and undone_at is null",
        [author.user_id, override_id],
    )
    found = _one(database, override_id)
    if undone.rowcount == 0:
        raise AlreadyUndone(f"it was undone on {found.undone_at:%F %H:%M}.")
    _tell(database, author, "undo", override_id, {"value": [found.value, None]})
    return found


def listed(database: Connection, is_undone: bool | None = None) -> list[Override]:
    """The tenant's overrides, newest first; of those that are or are not undone where that is asked."""
    with database.cursor(row_factory=class_row(Override)) as cursor:
        return cursor.execute(
            f"{READ} where %s::boolean is null or (o.undone_at is not null) = %s"
            " order by o.created_at desc, o.override_id",
            [is_undone, is_undone],
        ).fetchall()


def _one(database: Connection, override_id: UUID) -> Override:
    with database.cursor(row_factory=class_row(Override)) as cursor:
        found = cursor.execute(f"{READ} where o.override_id = %s", [override_id]).fetchone()
    if found is None:
        raise NoSuchOverride("There is no such override.")
    return found


def _tell(database: Connection, author: Author, action: str, override_id: UUID, changes: Mapping[str, Any]) -> None:
    """The audit's entry, and a package, so that the next build works the tenant out anew."""
    audit(database, author, action, override_id, None, dict(changes), subject="override")
    database.execute(
        "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, 'app')",
        [author.tenant_id, override_id, f"override-{uuid4()}"],
    )

"""What belonged to a record that is gone at its source is gone with it: comments of an issue, jobs of a run.

Sources do not tell of each part. What no sweep asks for, and why, stands in HISTORY.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from pipelines import deletion_marks
from pipelines.raw_tables import RAW, TYPES, Table

LATELY = timedelta(days=30)  # what was marked before has had its sweeps


class Parent(NamedTuple):
    """The table whose rows a table's rows belong to, and how a row names its parent: own column, the parent's."""

    table: str
    columns: tuple[tuple[str, str], ...]


_PULL = Parent("pull_requests", (("repository", "repository"), ("pull_request_number", "number")))
_CONVERSATIONS = tuple(
    Parent(name, (("repository", "repository"), ("issue_number", "number"))) for name in ("issues", "pull_requests")
)
_ISSUE = Parent("issues", (("issue_id", "id"),))
PARENTS: dict[str, dict[str, tuple[Parent, ...]]] = {
    "github": {
        "pull_request_commits": (_PULL,),
        "pull_request_files": (_PULL,),
        "reviews": (_PULL,),
        "comments": _CONVERSATIONS,
        "issue_events": _CONVERSATIONS,
        "deployment_statuses": (Parent("deployments", (("deployment_id", "id"),)),),
        "workflow_jobs": (Parent("workflow_runs", (("run_id", "id"),)),),
    },
    "jira": {"changelogs": (_ISSUE,), "worklogs": (_ISSUE,), "remotelinks": (_ISSUE,)},
}
# Tables whose rows stay as long as what they belong to, by source: why nobody can delete one of them alone.
HISTORY: dict[str, dict[str, str]] = {
    "github": {
        "commits": "a deployment or a tag may name what no branch holds any more",
        "check_runs": "nobody can delete one; those of a commit are replaced when they are read again",
    },
    "zendesk": {"status_changes": "what happened to a ticket happened, and the export goes on telling it"},
    "jira": {"changelogs": "a change cannot be taken back; Jira deletes it with its issue alone"},
}


def mark(
    database: Connection, source: str, owner: tuple[UUID, UUID], parents: Collection[str], now: datetime
) -> dict[str, int]:
    """Mark what belongs to marked rows of these tables as deleted too; return how many rows of each table."""
    marked: dict[str, int] = {}
    ended: dict[Parent, list[tuple[Any, ...]]] = {}
    for child, possible in PARENTS.get(source, {}).items():
        for parent in possible:
            if parent.table not in parents:
                continue
            if parent not in ended:
                ended[parent] = _ended(database, source, owner, parent, now)
            count = 0
            if ended[parent]:
                condition, values = _is_of(RAW[source][child], parent, ended[parent])
                count = deletion_marks.mark(database, RAW[source][child], owner, condition, values, now)
            marked[child] = marked.get(child, 0) + count
    return marked


def _ended(
    database: Connection, source: str, owner: tuple[UUID, UUID], parent: Parent, now: datetime
) -> list[tuple[Any, ...]]:
    """The names of parents that were marked lately, where none is there under the same name."""
    theirs = sql.SQL(", ").join(sql.Identifier(name) for _, name in parent.columns)
    statement = sql.SQL(
        "select {0} from {1} where tenant_id = %s and connection_id = %s"
        " group by {0} having bool_and(_deleted_at is not null) and max(_deleted_at) >= %s"
    ).format(theirs, sql.Identifier(f"raw_{source}", parent.table))
    return database.execute(statement, [*map(str, owner), now - LATELY]).fetchall()


def _is_of(table: Table, parent: Parent, ended: list[tuple[Any, ...]]) -> tuple[sql.Composable, list[Any]]:
    """Whether a row (`raw`) belongs to one of these. They are asked for before, and given as values: in one statement
    Postgres may look for them anew for each row."""
    ours = [name for name, _ in parent.columns]
    condition = sql.SQL("({}) in (select * from unnest({}))").format(
        sql.SQL(", ").join(map(sql.Identifier, ours)),
        sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(TYPES[table.columns[name]])) for name in ours),
    )
    return condition, [list(column) for column in zip(*ended, strict=True)]

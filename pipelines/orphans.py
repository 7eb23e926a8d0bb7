"""What belonged to a record that is gone at its source is gone with it: comments of an issue, jobs of a run.

Sources do not tell of each part. What no sweep asks for, and why, stands in HISTORY.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from pipelines import deletion_marks
from pipelines.raw_tables import RAW


class Parent(NamedTuple):
    """The table whose rows a table's rows belong to, and how a row names its parent: own column → the parent's."""

    table: str
    columns: dict[str, str]


_PULL = Parent("pull_requests", {"repository": "repository", "pull_request_number": "number"})
_CONVERSATIONS = tuple(
    Parent(name, {"repository": "repository", "issue_number": "number"}) for name in ("issues", "pull_requests")
)
_ISSUE = Parent("issues", {"issue_id": "id"})
PARENTS: dict[str, dict[str, tuple[Parent, ...]]] = {
    "github": {
        "pull_request_commits": (_PULL,),
        "pull_request_files": (_PULL,),
        "reviews": (_PULL,),
        "comments": _CONVERSATIONS,
        "issue_events": _CONVERSATIONS,
        "deployment_statuses": (Parent("deployments", {"deployment_id": "id"}),),
        "workflow_jobs": (Parent("workflow_runs", {"run_id": "id"}),),
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
    for child, possible in PARENTS.get(source, {}).items():
        for parent in possible:
            if parent.table in parents:
                condition, values = _is_orphan(source, parent), list(map(str, owner))
                count = deletion_marks.mark(database, RAW[source][child], owner, condition, values, now)
                marked[child] = marked.get(child, 0) + count
    return marked


def _is_orphan(source: str, parent: Parent) -> sql.Composable:
    """Whether a parent of a row (`raw`) is marked, and none is there under the same name.

    All marked parents at once: a lookup for each row would go through the whole connection (DECISIONS.md, 50).
    """
    ours, theirs = (
        sql.SQL(", ").join(map(sql.Identifier, names)) for names in zip(*parent.columns.items(), strict=True)
    )
    return sql.SQL(
        "({}) in (select {} from {} where tenant_id = %s and connection_id = %s group by {}"
        " having bool_and(_deleted_at is not null))"
    ).format(ours, theirs, sql.Identifier(f"raw_{source}", parent.table), theirs)

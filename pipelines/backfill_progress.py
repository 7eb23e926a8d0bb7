"""What `app.backfill` says of a connection whose past is still being read, in figures and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

UNFINISHED = """
select tenant_id, connection_id, resource, kept_count, expected_count, share, remaining_seconds, reaches_back_to,
    started_at
from app.backfill where finished_at is null
"""  # of whoever asks: a reader sees its tenant's


@dataclass(frozen=True)
class Ahead:
    """What is left of a connection's past.

    `share` is of the records of those resources whose source tells how many there are; None where none does.
    `remaining_seconds` is what is left at the pace so far, None before there is one; `is_least`: some resource is
    not in it, as it has not begun or its source does not tell its size.
    """

    share: float | None
    remaining_seconds: float | None
    is_least: bool
    reaches_back_to: datetime | None
    resources: tuple[str, ...]

    @property
    def words(self) -> str:
        """Such as `43% of its past read, back to 3 Mar 2025, about 12 min left`."""
        parts = [
            "its past is being read" if self.share is None else f"{int(self.share * 100)}% of its past read"
        ]  # never 100
        if self.reaches_back_to:
            parts.append(f"back to {self.reaches_back_to:%-d %b %Y}")
        if self.remaining_seconds is not None:
            parts.append(f"{'at least' if self.is_least else 'about'} {_about(self.remaining_seconds)} left")
        return ", ".join(parts)


def unfinished(database: Connection, source: str | None = None) -> dict[tuple[str, str, str], Ahead]:
    """By tenant's slug, source and connection's name, what is left to read, of whatever the role may see."""
    query = f"""
        select tenant.slug, connection.source, connection.name, past.* from ({UNFINISHED}) as past
        inner join app.connection as connection using (tenant_id, connection_id)
        inner join app.tenant as tenant using (tenant_id)
        where connection.source = coalesce(%s, connection.source) and connection.removed_at is null
        order by tenant.slug, connection.source, connection.name
    """
    with database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [source]).fetchall()
    parts: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault((row["slug"], row["source"], row["name"]), []).append(row)
    return {name: left for name, mine in parts.items() if (left := ahead(mine))}


def ahead(rows: Sequence[Mapping[str, Any]]) -> Ahead | None:
    """What the rows of one connection (see UNFINISHED) say together; None: nothing is left."""
    if not rows:
        return None
    told = [row for row in rows if row["expected_count"]]
    expected = sum(row["expected_count"] for row in told)
    kept = sum(min(row["kept_count"], row["expected_count"]) for row in told)
    paces = [row["remaining_seconds"] for row in rows if row["remaining_seconds"] is not None]
    backs = [row["reaches_back_to"] for row in rows if row["reaches_back_to"] is not None]
    return Ahead(
        share=min(0.999, kept / expected) if expected else None,
        remaining_seconds=sum(paces) if paces else None,
        is_least=len(paces) < len(rows),
        reaches_back_to=max(backs, default=None),
        resources=tuple(sorted(row["resource"] for row in rows)),
    )


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

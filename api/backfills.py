"""How far the first sync of a connection has come, for its status."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from pipelines.backfill_progress import ahead


class PastOfResource(Struct, frozen=True):
    """One resource whose past is not read to its end."""

    resource: str
    kept_count: int
    expected_count: Annotated[int | None, Meta(description="As the source counts them; null: it does not tell.")]
    share: Annotated[float | None, Meta(description="Of the expected records; null: unknown.")]
    remaining_seconds: Annotated[float | None, Meta(description="At the pace so far; null: too early to say.")]
    reaches_back_to: Annotated[datetime | None, Meta(description="All that changed since then is here.")]
    started_at: datetime


class Backfill(Struct, frozen=True):
    """A first sync that still has a past to read. The marts already have what is newer."""

    summary: str
    share: float | None
    remaining_seconds: float | None
    is_least: Annotated[bool, Meta(description="Some resource has no estimate yet, so it will take longer.")]
    reaches_back_to: datetime | None
    resources: list[PastOfResource]


def told(rows: list[Any]) -> Backfill | None:
    """What the rows of one connection say; None where all is read."""
    left = ahead(rows)
    if left is None:
        return None
    parts = [PastOfResource(**{name: row[name] for name in PastOfResource.__struct_fields__}) for row in rows]
    parts.sort(key=lambda part: part.resource)
    return Backfill(left.words, left.share, left.remaining_seconds, left.is_least, left.reaches_back_to, parts)

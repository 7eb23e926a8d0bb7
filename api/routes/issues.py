"""The issues that are most like one issue, nearest first."""

from typing import Annotated
from uuid import UUID

import asyncpg
from litestar import get
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.errors import not_found, unavailable
from api.responses import Envelope
from api.responses import Meta as AnswerMeta
from api.security.callers import Caller
from api.services import Services

MARTS = ("issues", "similar_issues")
KNOWN = "select exists (select from marts.issues where issue_id = $1)"
SIMILAR = """
select similar_issue_id as id, summary, distance, source, key, status, url
from marts.similar_issues
where issue_id = $1
order by rank limit $2
"""
Limit = Annotated[int, Parameter(ge=1, le=20, description="How many at most.")]


class SimilarIssue(Struct, frozen=True):
    """An issue of any source, and how far it is from the one that was asked about."""

    id: UUID
    summary: str | None
    distance: Annotated[float, Meta(description="From 0, the same words, to 1, nothing in common.")]
    source: str
    key: str
    status: str
    url: str | None


@get("/issues/{issue_id:uuid}/similar", operation_id="ListSimilarIssues", tags=["issues"], parameters=("limit",),
     summary="The issues most like one")  # fmt: skip
async def list_similar_issues(
    services: Services, caller: Caller, issue_id: UUID, limit: Limit = 10
) -> Envelope[list[SimilarIssue]]:
    """By the words of title and text and the letters of the title; nearest first. Which are the same problem: the mart
    duplicate_members."""
    versions = await services.versions.of(caller.tenant_id)
    if missing := [name for name in MARTS if name not in versions]:
        raise unavailable("NOT_PUBLISHED", f"The mart {missing[0]} is not published yet for this tenant.", 30)
    try:
        async with services.database.tenant(caller.tenant_id) as database:
            is_known = await database.fetchval(KNOWN, issue_id)
            rows = await database.fetch(SIMILAR, issue_id, limit) if is_known else []
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidCachedStatementError):
        raise unavailable("NOT_PUBLISHED", "The marts of issues are being replaced. Try again.", 5) from None
    if not is_known:
        raise not_found("There is no such issue.")
    version = versions["similar_issues"]
    return Envelope([_shown(row) for row in rows], "Similar issues", AnswerMeta(version.as_of, version.number))


def _shown(row: asyncpg.Record) -> SimilarIssue:
    return SimilarIssue(**{**dict(row), "id": UUID(str(row["id"]))})


ROUTES = [list_similar_issues]

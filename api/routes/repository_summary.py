"""A repository at a glance: its rows of the mart repository_summary as one object."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from api.composite import Composite, Page
from api.responses import Envelope
from api.routes.repositories import find
from api.security.callers import Caller
from api.services import Services

SUMMARY = """
select metric, value, unit, n, coverage, as_of
from marts.repository_summary where repository = $1 and window_days = $2 order by metric
"""
WindowDays = Annotated[Literal[30, 90, 365], Parameter(description="So many days up to the newest of the data.")]


class Figure(Struct, frozen=True):
    """One metric. A `value` of null was not measured, which is not 0; `n` is how many cases it rests on."""

    value: float | None
    unit: str
    n: int
    coverage: float | None


class Summary(Struct, frozen=True):
    """A repository at a glance. Nothing of it is measured before its first load: `as_of` is null then."""

    id: UUID
    repository: str
    window_days: int
    as_of: date | None
    metrics: Annotated[dict[str, Figure], Meta(description="By name; the mart says what each means.")]


SUMMED_UP = {200: ResponseSpec(Envelope[Summary], generate_examples=False, description="The summary.")}


@get("/repositories/{repository_id:uuid}/summary", operation_id="ReadRepositorySummary", tags=["repositories"],
     parameters=("window_days",), responses=SUMMED_UP, summary="How people work in it, at a glance")  # fmt: skip
async def read_summary(
    services: Services, caller: Caller, repository_id: UUID, window_days: WindowDays = 90
) -> ASGIApp:
    """People, reviews, merges and releases over 30, 90 or 365 days: its rows of the mart repository_summary as one."""
    one = await find(services, caller, repository_id)

    async def read(database: Any, _: datetime | None) -> Page:
        rows = await database.fetch(SUMMARY, one.full_name, window_days)
        metrics = {row["metric"]: Figure(row["value"], row["unit"], row["n"], row["coverage"]) for row in rows}
        as_of = rows[0]["as_of"] if rows else None
        return Page(Summary(repository_id, one.full_name, window_days, as_of, metrics), f"Summary of {one.full_name}")

    asked = (repository_id, one.full_name, window_days)
    return await Composite("repository summary", ("repository_summary",), asked).answer(services, caller, read)


ROUTES: list[Any] = [read_summary]

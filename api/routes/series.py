"""A KPI series for a chart: days, weeks or months, with the gaps left out, shown as null or filled."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from api import series_reading
from api.composite import Composite, Page, paged
from api.errors import did_you_mean, invalid
from api.kpi_series import Series, declared
from api.periods import From, Grain, GrainName, To, days
from api.responses import Envelope
from api.security.callers import Caller
from api.series_reading import Asked, FillName, SeriesPoint
from api.services import Services

PARAMETERS = ("metric", "entity", "from", "to", "grain", "fill", "limit", "cursor")
Metric = Annotated[str, Parameter(max_length=200, description="A series of the mart kpi_daily, such as `deployments`.")]
Entity = Annotated[
    str | None, Parameter(max_length=1000, description="Of one service, source or place; without it of each.")
]
Fill = Annotated[
    FillName, Parameter(description="Periods without a measurement: left out, null, or with the last value before.")
]
Limit = Annotated[int, Parameter(ge=1, le=1000, description="How many points at most.")]
Cursor = Annotated[str | None, Parameter(description="`meta.next_cursor` of the page before.")]


class Points(Struct, frozen=True):
    """A series, by entity and day."""

    metric: str
    unit: str
    grain: str
    fill: str
    over_time: Annotated[str | None, Meta(description="How a longer period's figure follows from its days.")]
    first_day: date | None
    last_day: date | None
    points: list[SeriesPoint]


ANSWER = {200: ResponseSpec(Envelope[Points], generate_examples=False, description="The series.")}


@get("/series", operation_id="ReadSeries", tags=["dashboard"], parameters=PARAMETERS, responses=ANSWER,
     summary="A KPI series for a chart")  # fmt: skip
async def read_series(
    services: Services, caller: Caller, metric: Metric, entity: Entity = None, first: From = None, last: To = None,
    grain: Grain = "day", fill: Fill = "none", limit: Limit = 1000, cursor: Cursor = None,
) -> ASGIApp:  # fmt: skip
    """Days, weeks or months of a metric of kpi_daily, by entity and day.

    Counts add up over days; of backlogs and prices the last measured day counts. Medians, means and rates of a day have
    no figure of a week here: that grain is a 400 that says where they are recomputed.
    """
    asked = Asked(_series(services, metric, grain), entity, *days(first, last), grain, fill)

    async def read(database: Any, as_of: datetime | None) -> Page:
        question = paged(services, "kpi_daily", ("entity", "day"), ("series", asked), limit, cursor)
        found = await series_reading.read(database, asked, question.after(caller), limit, as_of)
        shown = found.points[:limit]
        end = (shown[-1].entity, shown[-1].day) if len(found.points) > limit else None
        how = None if grain == "day" else asked.series.over_time.why
        points = Points(metric, asked.series.unit, grain, fill, how, found.first_day, found.last_day, shown)
        return Page(points, f"{len(shown)} points of {metric}", question.next_cursor(caller, end))

    return await Composite("series", ("kpi_daily",), (asked, limit, cursor)).answer(services, caller, read)


def _series(services: Services, metric: str, grain: GrainName) -> Series:
    services.registry.shape("kpi_daily")  # 503 where nothing is built yet, so that no name is called unknown
    known = declared(services.registry)
    if metric not in known:
        raise invalid("metric", f"there is no such series.{did_you_mean(metric, known)} Known: {', '.join(known)}.")
    series = known[metric]
    if grain != "day" and series.over_time.by is None:
        raise invalid("grain", f"{metric} has no figure of a {grain}: {series.over_time.why}. Ask for grain=day.")
    return series


ROUTES = [read_series]

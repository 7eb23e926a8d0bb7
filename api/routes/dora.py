"""The DORA metrics by day, week or month, and by other tools' definitions. All at once: the mart dora_summary."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from api import dora_reading
from api.composite import Composite, Page, paged
from api.dora_reading import DEFINITIONS, METRICS, PERIODS, Asked, Metric, Period, Scope, Window
from api.errors import invalid
from api.periods import From, GrainName, To, days
from api.responses import Envelope, Ready
from api.security.callers import Caller
from api.services import Services

MOST = 1000  # points of a page
DefinitionName = Literal["clearsignal", "devlake", "fourkeys", "gitlab"]
PARAMETERS = ("service", "from", "to", "grain", "definition", "limit", "cursor")
Service = Annotated[str | None, Parameter(max_length=500, description="Of one service; without it of all.")]
MaybeGrain = Annotated[
    GrainName | None, Parameter(description="One figure a day (the default), ISO week or month of the tenant.")
]
Definition = Annotated[
    DefinitionName, Parameter(description="Whose definition; other tools' have windows of 7, 30 and 90 days alone.")
]
Limit = Annotated[int | None, Parameter(ge=1, le=MOST, description="How many points at most; by default 1,000.")]
Cursor = Annotated[str | None, Parameter(description="`meta.next_cursor` of the page before.")]


class Delivery(Struct, frozen=True):
    """A delivery metric of a service or the tenant: our definition as `points`, another one as `windows`."""

    metric: Annotated[str, Meta(description="As in dora_summary; other definitions answer recovery_time for mttr.")]
    definition: str
    scope_kind: str
    scope: str
    unit: str | None
    meaning: str | None
    difference: Annotated[str | None, Meta(description="Why it differs from ours.")]
    grain: str | None
    first_day: date | None
    last_day: date | None
    points: list[Period]
    windows: list[Window]


ANSWER = {200: ResponseSpec(Envelope[Delivery], generate_examples=False, description="The metric.")}


def route(metric: Metric) -> Any:
    """The endpoint of one metric."""

    @get(f"/dora/{metric.path}", operation_id=f"ReadDora{metric.path.title().replace('-', '')}", tags=["delivery"],
         parameters=PARAMETERS, responses=ANSWER, summary=metric.title)  # fmt: skip
    async def read_metric(
        services: Services, caller: Caller, service: Service = None, first: From = None, last: To = None,
        grain: MaybeGrain = None, definition: Definition = "clearsignal", limit: Limit = None, cursor: Cursor = None,
    ) -> ASGIApp:  # fmt: skip
        """By period, production only, each recomputed from single deployments, changes and incidents.

        Whole days, weeks or months around `from` and `to`; by default the newest 90 days, year or two years.
        With another tool's `definition` its windows, with ours beside and why they differ; it has no figure of a day.
        """
        scope = Scope.of(service)
        if definition != "clearsignal":
            given = {"from": first, "to": last, "grain": grain, "limit": limit, "cursor": cursor}
            return await _of_definition(services, caller, metric, scope, definition, given)
        asked = Asked(metric, scope, grain or "day", *days(first, last))
        return await _of_periods(services, caller, asked, limit or MOST, cursor)

    return read_metric


async def _of_periods(services: Services, caller: Caller, asked: Asked, limit: int, cursor: str | None) -> Ready:
    async def read(database: Any, _: datetime | None) -> Page:
        question = paged(services, PERIODS, ("first_day",), ("dora", asked), limit, cursor)
        found = await dora_reading.periods(database, asked, question.after(caller), limit)
        shown = found.points[:limit]
        column = services.registry.shape(PERIODS).shown[asked.metric.value].contract
        metric = Delivery(
            asked.metric.name, "clearsignal", asked.scope.kind, asked.scope.name, column.unit, column.description, None,
            asked.grain, found.first_day, found.last_day, shown, [],
        )  # fmt: skip
        end = [shown[-1].first_day] if len(found.points) > limit else None
        return Page(metric, asked.metric.title, question.next_cursor(caller, end))

    return await Composite("delivery metrics", (PERIODS,), (asked, limit, cursor)).answer(services, caller, read)


async def _of_definition(
    services: Services, caller: Caller, metric: Metric, scope: Scope, definition: str, given: dict[str, Any]
) -> Ready:
    if metric.elsewhere is None:
        raise invalid("definition", f"{definition} has no {metric.name}; only clearsignal has.")
    if used := [name for name, value in given.items() if value is not None]:
        raise invalid(
            used[0], f"{definition} has figures of windows alone (7, 30, 90 days), none of a day, week or month."
            " Leave this out, or ask for definition=clearsignal.",
        )  # fmt: skip

    async def read(database: Any, _: datetime | None) -> Page:
        rows = await dora_reading.windows(database, metric, scope, definition)
        shown = [Window(**{name: row[name] for name in Window.__struct_fields__}) for row in rows]
        unit, meaning, difference = (rows[0][name] if rows else None for name in ("unit", "meaning", "difference"))
        answer = Delivery(
            metric.elsewhere or metric.name, definition, scope.kind, scope.name, unit, meaning, difference,
            None, None, None, [], shown,
        )  # fmt: skip
        return Page(answer, metric.title)

    marts = (PERIODS, DEFINITIONS)
    return await Composite("delivery metrics", marts, (metric, scope, definition)).answer(services, caller, read)


ROUTES = [route(metric) for metric in METRICS]

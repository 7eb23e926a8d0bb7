"""What a figure is made of: the cases in it, those left out and why, and the rules by which that was decided."""

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import asyncpg
from litestar import get
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.errors import did_you_mean, invalid, not_found, unavailable
from api.evidence_cases import Case, LeftOut, Rules, shown
from api.evidence_reading import GRAINS, METRICS, PROJECT_SERVICES, RULES
from api.responses import Envelope
from api.responses import Meta as AnswerMeta
from api.security.callers import Caller
from api.services import Services

PARAMETERS = ("scope_kind", "scope", "window_days", "first_day", "last_day", "limit")
ScopeKind = Annotated[
    Literal["tenant", "service", "repository", "team", "project", "portfolio", "objective", "sprint"],
    Parameter(description="Of what the figure is. Not every metric has every kind."),
]
Name = Annotated[  # `scope` as a name is Litestar's
    str, Parameter(query="scope", max_length=500, description="Its name, of a sprint the id; `all` for the tenant.")
]
WindowDays = Annotated[int, Parameter(ge=1, le=3660, description="So many days up to the newest of the data.")]
FirstDay = Annotated[date | None, Parameter(description="Instead of a window: from this day on.")]
LastDay = Annotated[date | None, Parameter(description="Up to this day; by default the newest of the data.")]
Limit = Annotated[int, Parameter(ge=1, le=1000, description="How many cases are shown here.")]


class Evidence(Struct, frozen=True):
    """A figure and what it is made of."""

    metric: str
    scope_kind: str
    scope: str
    first_day: Annotated[date | None, Meta(description="Of a sprint the day it started; null where it has no date.")]
    last_day: Annotated[date | None, Meta(description="Of a sprint the day it was closed; null while it runs.")]
    value: Annotated[float | None, Meta(description="In `unit`, as it is published; null: not measured.")]
    unit: str
    n: Annotated[int, Meta(description="How many cases it rests on.")]
    numerator: Annotated[int | None, Meta(description="Of a rate: how many of them it counts.")]
    left_out: list[LeftOut]
    rules: list[Rules]
    cases: Annotated[
        list[Case],
        Meta(description="Those that a rate counts first, then those with overruled evidence, then by time."),
    ]
    all_cases: Annotated[str, Meta(description="Where all of them are, with pages, filters and other formats.")]


@get("/evidence/{metric:str}", operation_id="ReadEvidence", tags=["evidence"], parameters=PARAMETERS,
     summary="What a figure is made of")  # fmt: skip
async def read_evidence(
    services: Services, caller: Caller, metric: str, scope_kind: ScopeKind = "tenant", name: Name = "all",
    window_days: WindowDays = 30, first_day: FirstDay = None, last_day: LastDay = None, limit: Limit = 100,
) -> Envelope[Evidence]:  # fmt: skip
    """The cases of a window or of some days: counted, or left out and why; and the versions of the rules.

    Metrics of delivery: change_failure_rate, deployment_failure_rate, deployment_frequency, lead_time, recovery_time,
    rework_rate, time_to_restore; of pull requests: cycle_time, merged_pull_requests, review_time; of issues:
    issues_resolved, open_issues, time_to_resolve; of a sprint, or of a team's sprints that were closed in the window:
    sprint_carried_over, sprint_committed, sprint_completed. All of one publish.
    """
    if metric not in GRAINS:
        raise not_found(f"There is no evidence for {metric[:100]!r}.{did_you_mean(metric, METRICS)}")
    grain = GRAINS[metric]
    if scope_kind not in grain.scope_kinds:
        raise invalid("scope_kind", f"{metric} is a figure of a {', '.join(grain.scope_kinds)}.")
    versions = await services.versions.of(caller.tenant_id)
    if grain.mart not in versions:
        raise unavailable("NOT_PUBLISHED", f"The mart {grain.mart} is not published yet for this tenant.", 30)
    try:
        async with services.database.tenant(caller.tenant_id) as database:
            one = _named(await database.fetch(grain.scopes, scope_kind, metric), scope_kind, name)
            first, last = _days(one, scope_kind, window_days, first_day, last_day)
            asked = (scope_kind, name, metric, first, last)
            figure = await database.fetchrow(grain.figure, *asked)
            left_out = await database.fetch(grain.left_out, *asked)
            cases = await database.fetch(grain.shown, *asked, limit)
            rules = await database.fetch(RULES)
            parts = await database.fetch(PROJECT_SERVICES, scope_kind, name) if grain.mart == "metric_evidence" else []
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidCachedStatementError):
        raise unavailable("NOT_PUBLISHED", "A mart of the evidence is being replaced. Try again.", 5) from None
    within = {"service.in": ",".join(part["part_name"] for part in parts)} if parts else _column(scope_kind, name)
    evidence = Evidence(
        metric, scope_kind, name, first, last, figure["value"] if one["is_measured"] else None, one["unit"],
        figure["n"], figure["numerator"] if one["unit"] == "ratio" else None,
        [LeftOut(**dict(row)) for row in left_out], [Rules(**dict(row)) for row in rules],
        [shown(row) for row in cases], _all_cases(grain.mart, metric, within, first, last),
    )  # fmt: skip
    version = versions[grain.mart]
    return Envelope(evidence, "Evidence", AnswerMeta(version.as_of, version.number))


def _named(found: list[Any], scope_kind: str, name: str) -> Any:
    """The scope of this name."""
    for row in found:
        if row["scope"] == name:
            return row
    raise not_found(f"There is no {scope_kind} {name[:100]!r}.{did_you_mean(name, [row['scope'] for row in found])}")


def _days(
    one: Any, scope_kind: str, window_days: int, first_day: date | None, last_day: date | None
) -> tuple[date | None, date | None]:
    """The first and the last day that were asked for; those of a sprint are its own."""
    if scope_kind == "sprint":
        if first_day or last_day:
            raise invalid("first_day" if first_day else "last_day", "is not for a sprint, which has days of its own.")
        return one["first_day"], one["as_of"]
    last = last_day or one["as_of"]
    first = first_day or date.fromordinal(last.toordinal() - window_days + 1)
    if first > last:
        raise invalid("first_day", "is later than the last day.")
    return first, last


def _column(scope_kind: str, scope: str) -> dict[str, str]:
    """The filter that finds a scope's rows in the mart of the cases."""
    if scope_kind == "tenant":
        return {}
    column = {"team": "teams", "sprint": "sprint_id"}.get(scope_kind, scope_kind)  # a list: equal means it contains it
    return {column: scope}


def _all_cases(mart: str, metric: str, within: dict[str, str], first: date | None, last: date | None) -> str:
    """Of a sprint the days say nothing; what is open may have been so for long."""
    days = {} if "sprint_id" in within or last is None else {"day.gte": first, "day.lte": last}
    if metric == "open_issues":
        days.pop("day.gte", None)
    return f"/api/v1/marts/{mart}?" + urlencode({"metric": metric, **within, **days})


ROUTES = [read_evidence]

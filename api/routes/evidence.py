"""What a figure is made of: the cases in it, those left out and why, and the rules by which that was decided."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import get
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.errors import did_you_mean, invalid, not_found, unavailable
from api.responses import Envelope
from api.responses import Meta as AnswerMeta
from api.security.callers import Caller
from api.services import Services

METRICS = (
    "change_failure_rate", "deployment_failure_rate", "deployment_frequency", "lead_time", "recovery_time",
    "rework_rate", "time_to_restore",
)  # fmt: skip
MART = "metric_evidence"
SCOPES = "select scope, unit, as_of from marts.dora_summary where scope_kind = $1 and metric = $2 and window_days = 7"
# A tenant's scope has no column of its own; any other is one of these.
IN_SCOPE = """
($1 = 'tenant' or case $1 when 'service' then service = $2 when 'team' then $2 = any(teams) else repository = $2 end)
"""
IN_WINDOW = f"metric = $3 and day between $4 and $5 and {IN_SCOPE}"
# Deployments a day: from the first one on that was observed in production, whatever came of it.
FIGURE = f"""
select
    count(*) filter (where is_counted) as n,
    count(*) filter (where is_in_numerator) as numerator,
    case
        when $3 like '%\\_rate' then avg(is_in_numerator::int) filter (where is_counted)::double precision
        when $3 = 'deployment_frequency'
            then count(*) filter (where is_counted)::double precision / nullif(greatest($5 - greatest($4, (
                select min(day) from marts.metric_evidence
                where metric = $3 and {IN_SCOPE}
                    and (is_counted or left_out_because not in ('not_production', 'excluded', 'dismissed'))
            )) + 1, 0), 0)
        else percentile_cont(0.5) within group (order by seconds) filter (where is_counted)
    end as value
from marts.metric_evidence
where {IN_WINDOW}
"""
LEFT_OUT = f"""
select left_out_because as reason, count(*) as case_count from marts.metric_evidence
where {IN_WINDOW} and not is_counted group by left_out_because order by count(*) desc, left_out_because
"""
CASES = f"""
select case_kind, case_id, deployment_id, service, repository, environment, happened_at, is_counted, left_out_because,
    is_in_numerator, seconds, reference, evidence, override_id, override_reason, rule_position, url
from marts.metric_evidence where {IN_WINDOW}
order by is_in_numerator desc nulls last, evidence is null, is_counted desc, happened_at desc, case_id limit $6
"""
RULES = "select rule_kind, version, rule_count from marts.rules_in_force order by rule_kind"
PARAMETERS = ("scope_kind", "scope", "window_days", "first_day", "last_day", "limit")
ScopeKind = Annotated[
    Literal["tenant", "service", "repository", "team"], Parameter(description="Of what the figure is.")
]
Name = Annotated[  # `scope` as a name is Litestar's
    str, Parameter(query="scope", max_length=500, description="The service, repository or team; `all` for the tenant.")
]
WindowDays = Annotated[int, Parameter(ge=1, le=3660, description="So many days up to the newest of the data.")]
FirstDay = Annotated[date | None, Parameter(description="Instead of a window: from this day on.")]
LastDay = Annotated[date | None, Parameter(description="Up to this day; by default the newest of the data.")]
Limit = Annotated[int, Parameter(ge=1, le=1000, description="How many cases are shown here.")]


class LeftOut(Struct, frozen=True):
    """Cases that were looked at and do not count, by reason. The mart's description says what each reason means."""

    reason: str
    case_count: int


class Rules(Struct, frozen=True):
    """The tenant's rules of one kind: a digest that any change of them changes; `default` without any."""

    rule_kind: str
    version: str
    rule_count: int


class Piece(Struct, frozen=True):
    """Why a deployment is a change failure or rework.

    `overruled_by`: the override by which a person said that it is no change failure.
    """

    kind: str
    confidence: float
    source_ref: str
    reference: str | None
    reason: str | None
    overruled_by: UUID | None
    overruled_because: str | None


class Case(Struct, frozen=True):
    """One deployment, change or incident. `is_in_numerator`: of a rate, whether it is one of those that it counts."""

    case_kind: str
    case_id: str
    deployment_id: UUID | None
    service: str | None
    repository: str | None
    environment: str | None
    happened_at: datetime | None
    is_counted: bool
    left_out_because: str | None
    is_in_numerator: bool | None
    seconds: float | None
    reference: str | None
    evidence: list[Piece]
    override_id: UUID | None
    override_reason: str | None
    rule_position: int | None
    url: str | None


class Evidence(Struct, frozen=True):
    """A figure and what it is made of."""

    metric: str
    scope_kind: str
    scope: str
    first_day: date
    last_day: date
    value: Annotated[float | None, Meta(description="In `unit`, as in dora_summary; null: not measured.")]
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
     summary="What a delivery figure is made of")  # fmt: skip
async def read_evidence(
    services: Services, caller: Caller, metric: str, scope_kind: ScopeKind = "tenant", name: Name = "all",
    window_days: WindowDays = 30, first_day: FirstDay = None, last_day: LastDay = None, limit: Limit = 100,
) -> Envelope[Evidence]:  # fmt: skip
    """The cases of a window or of some days: counted, or left out and why; and the versions of the rules.

    Metrics: change_failure_rate, deployment_failure_rate, deployment_frequency, lead_time, recovery_time, rework_rate,
    time_to_restore. All of one publish.
    """
    if metric not in METRICS:
        raise not_found(f"There is no evidence for {metric[:100]!r}.{did_you_mean(metric, METRICS)}")
    versions = await services.versions.of(caller.tenant_id)
    if MART not in versions:
        raise unavailable("NOT_PUBLISHED", f"The mart {MART} is not published yet for this tenant.", 30)
    try:
        async with services.database.tenant(caller.tenant_id) as database:
            found = await database.fetch(SCOPES, scope_kind, metric)
            one = next((row for row in found if row["scope"] == name), None)
            if one is None:
                names = [row["scope"] for row in found]
                raise not_found(f"There is no {scope_kind} {name[:100]!r}.{did_you_mean(name, names)}")
            last = last_day or one["as_of"]
            first = first_day or date.fromordinal(last.toordinal() - window_days + 1)
            if first > last:
                raise invalid("first_day", "is later than the last day.")
            asked = (scope_kind, name, metric, first, last)
            figure = await database.fetchrow(FIGURE, *asked)
            left_out = await database.fetch(LEFT_OUT, *asked)
            cases = await database.fetch(CASES, *asked, limit)
            rules = await database.fetch(RULES)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidCachedStatementError):
        raise unavailable("NOT_PUBLISHED", "A mart of the evidence is being replaced. Try again.", 5) from None
    evidence = Evidence(
        metric, scope_kind, name, first, last, figure["value"], one["unit"], figure["n"],
        figure["numerator"] if one["unit"] == "ratio" else None,
        [LeftOut(**dict(row)) for row in left_out], [Rules(**dict(row)) for row in rules],
        [_shown(row) for row in cases], _all_cases(metric, scope_kind, name, first, last),
    )  # fmt: skip
    version = versions[MART]
    return Envelope(evidence, "Evidence", AnswerMeta(version.as_of, version.number))


def _shown(row: Any) -> Case:
    given = dict(row)
    given["evidence"] = msgspec.json.decode(row["evidence"], type=list[Piece]) if row["evidence"] else []
    for name in ("deployment_id", "override_id"):
        given[name] = UUID(row[name]) if row[name] else None
    return Case(**given)


def _all_cases(metric: str, scope_kind: str, scope: str, first: date, last: date) -> str:
    column = "teams" if scope_kind == "team" else scope_kind  # a list: equal means that it contains it
    within = {} if scope_kind == "tenant" else {column: scope}
    return f"/api/v1/marts/{MART}?" + urlencode({"metric": metric, **within, "day.gte": first, "day.lte": last})


ROUTES = [read_evidence]

"""The points of a KPI series: periods with and without a measurement, read from the mart kpi_daily."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.errors import did_you_mean, not_found
from api.kpi_series import Series
from api.periods import LONGEST, GrainName, last_of, stretch

# The newest instant of the data is the tenant's now: its day has not ended.
NEWEST = """
select max(day) as day, (select ($3::timestamptz at time zone time_zone)::date from app.tenant) as today
from marts.kpi_daily where metric = $1 and ($2::text is null or entity = $2)
"""
ENTITIES = "select distinct entity from marts.kpi_daily where metric = $1"
VALUE = """
case $6::text when 'sum' then sum(value::numeric)::double precision else (array_agg(value order by day desc))[1] end
"""
STEP = "('1 ' || $3::text)::interval"
# Days are bound as text, for asyncpg makes infinity of the calendar's first and last one.
# `prior`: the newest period before one without a value that has one, however long ago.
POINTS = f"""
with measured as (
    select entity, date_trunc($3::text, day::timestamp)::date as day, {VALUE} as value, count(*) as measured_days,
        case
            when $6::text = 'last' then (array_agg(n order by day desc))[1]
            when count(n) = count(*) then sum(n)::bigint
        end as n
    from marts.kpi_daily
    where metric = $1 and ($2::text is null or entity = $2) and day between $4::text::date and $5::text::date
        and ($8::text is null or entity >= $8)
    group by entity, date_trunc($3::text, day::timestamp)
),

entities as (
    select distinct entity from marts.kpi_daily
    where metric = $1 and ($2::text is null or entity = $2) and ($8::text is null or entity >= $8)
    order by entity limit $11
),

grid as (
    select entity, day from measured where $7::text = 'none'
    union all
    select entity, period::date as day
    from entities cross join generate_series($4::text::date::timestamp, $5::text::date::timestamp, {STEP}) as period
    where $7::text <> 'none'
),

page as (
    select entity, day, value, n, coalesce(measured_days, 0) as measured_days
    from grid left join measured using (entity, day)
    where $8::text is null or (entity, day) > ($8, $9::text::date)
    order by entity, day limit $10
)

select page.*, before.value as value_before
from page
left join lateral (
    select date_trunc($3::text, max(day)::timestamp) as day from marts.kpi_daily as k
    where k.metric = $1 and k.entity = page.entity and k.day < page.day
) as prior on $7::text = 'previous' and page.value is null
left join lateral (
    select {VALUE} as value from marts.kpi_daily as k
    where k.metric = $1 and k.entity = page.entity and k.day >= prior.day and k.day < prior.day + {STEP}
) as before on true
order by page.entity, page.day
"""
FillName = Literal["none", "null", "previous"]


class SeriesPoint(Struct, frozen=True):
    """One period of one entity. A `value` of null was not measured, which is not 0."""

    entity: str
    day: Annotated[date, Meta(description="The first day of the period.")]
    value: float | None
    n: Annotated[int | None, Meta(description="How many records it rests on; null where the source does not say.")]
    measured_days: int
    is_complete: Annotated[bool, Meta(description="All days of the period are measured and over.")]
    is_filled: Annotated[bool, Meta(description="The value is that of an earlier period (`fill=previous`).")]


class Asked(Struct, frozen=True):
    """What is asked of which series."""

    series: Series
    entity: str | None
    first: date | None
    last: date | None
    grain: GrainName
    fill: FillName

    @property
    def by(self) -> str | None:
        """How days become a period. A day is its own."""
        return "last" if self.grain == "day" else self.series.over_time.by


class Reading(Struct, frozen=True):
    """A page of points, one more than its limit where others follow, and the days it is of."""

    first_day: date | None
    last_day: date | None
    points: list[SeriesPoint]


async def read(database: Any, asked: Asked, after: list[Any] | None, limit: int, as_of: datetime | None) -> Reading:
    """The points after that key. Raises ApiError 404 for an entity without any, 400 for days that cannot be."""
    metric = asked.series.metric
    newest, today = await database.fetchrow(NEWEST, metric, asked.entity, as_of)
    if newest is None and asked.entity is not None:
        known = [row["entity"] for row in await database.fetch(ENTITIES, metric)]
        raise not_found(f"There is no {metric} of {asked.entity[:100]!r}.{did_you_mean(asked.entity, known)}")
    last = asked.last or newest or today or asked.first
    if last is None:
        return Reading(None, None, [])
    entity_before, day_before = (str(after[0]), str(after[1])) if after else (None, None)
    first, last = stretch(asked.first, last, asked.grain)
    enough = limit // ((last - first).days // LONGEST[asked.grain] + 1) + 2  # entities that a page can show
    rows = await database.fetch(
        POINTS, metric, asked.entity, asked.grain, str(first), str(last), asked.by, asked.fill,
        entity_before, day_before, limit + 1, enough,
    )  # fmt: skip
    return Reading(first, last, [_point(row, asked, today) for row in rows])


def _point(row: Any, asked: Asked, today: date | None) -> SeriesPoint:
    last_day = last_of(row["day"], asked.grain)
    is_over = today is not None and last_day < today
    is_complete = is_over and row["measured_days"] == (last_day - row["day"]).days + 1
    is_filled = row["value"] is None and row["value_before"] is not None
    value = row["value_before"] if is_filled else row["value"]
    return SeriesPoint(row["entity"], row["day"], value, row["n"], row["measured_days"], is_complete, is_filled)

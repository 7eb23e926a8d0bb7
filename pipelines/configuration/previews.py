"""What a list of rules would do to the tenant's data, told before it is kept.

Read from the published marts as the tenant's own role. The models judge by the same order and the same globs;
`tests/dbt_project` compares.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from pipelines.configuration.judged import JUDGED, Judged
from pipelines.configuration.kinds import Kind

MOST_CHANGES = 100
GLOBS = ("repository", "pattern", "repositories", "path")
Rules = Sequence[Mapping[str, Any]]


class RowEffect(Struct, frozen=True):
    """How much a row takes: what fits an earlier row is not counted again."""

    row: int
    matched: int


class Change(Struct, frozen=True):
    """Something that would be judged differently from now."""

    name: str
    count: int
    now: str
    then: str


class Preview(Struct, frozen=True):
    """`matched` of `total` things fit a row of the list, and `excluded` of these one that takes them out.

    Null: nothing is published that these rows could judge.
    """

    summary: str
    total: int | None = None
    matched: int | None = None
    excluded: int | None = None
    rows: list[RowEffect] = []
    changes: list[Change] = []


def preview(database: Connection, kind: Kind, rows: Rules, defaults: Rules = ()) -> Preview:
    """The effect of these checked rows; `defaults` are what the models judge by where none of them fits."""
    followed = defaults if kind.defaults_follow or not rows else ()
    rules = [_like(rule) for rule in (*(_completed(row, kind, defaults) for row in rows), *followed)]
    try:
        (found,) = database.execute(_query(JUDGED[kind.name]), [Jsonb(rules), len(rows)]).fetchone() or ({},)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return Preview("Nothing is published yet. Do: load and transform first.")
    told = msgspec.convert(found, Preview)
    by_row = {effect.row: effect for effect in told.rows}
    return msgspec.structs.replace(told, rows=[by_row.get(row, RowEffect(row, 0)) for row in range(len(rows))])


def _query(judged: Judged) -> str:
    """The preview as JSON. Each thing goes to the rule that fits first; rules from the given number on are defaults."""
    return f"""
        with effects as materialized (
            select thing.name, thing.count::bigint as count, thing.now, {judged.then} as "then",
                case when place <= own.count then (place - 1)::integer end as row,
                place <= own.count and ({judged.excludes}) as is_excluded
            from ({judged.query}) as thing
            cross join lateral (select %s::jsonb as rules, %s as count) as own
            left join lateral (
                select rule, place from jsonb_array_elements(own.rules) with ordinality as given (rule, place)
                where {judged.fits} order by {judged.first} limit 1
            ) as first on true
        )
        select jsonb_build_object(
            'summary', format('The rows match %%s of %%s {judged.things}.',
                coalesce(sum(count) filter (where row is not null), 0), coalesce(sum(count), 0))
                || coalesce(' ' || sum(count) filter (where is_excluded) || ' of them are excluded.', ''),
            'total', coalesce(sum(count), 0),
            'matched', coalesce(sum(count) filter (where row is not null), 0),
            'excluded', coalesce(sum(count) filter (where is_excluded), 0),
            'rows', (
                select coalesce(jsonb_agg(jsonb_build_object('row', row, 'matched', matched)), '[]')
                from (select row, sum(count) as matched from effects where row is not null group by row) as by_row
            ),
            'changes', (
                select coalesce(jsonb_agg(to_jsonb(moved)), '[]') from (
                    select name, count, now, "then" from effects where now <> "then"
                    order by count desc, name limit {MOST_CHANGES}
                ) as moved
            )
        )
        from effects
    """


def _completed(row: Mapping[str, Any], kind: Kind, defaults: Rules) -> dict[str, Any]:
    """What a row leaves open is as in the default row of its key."""
    like = (each for each in defaults if kind.key and all(each.get(field) == row.get(field) for field in kind.key))
    return {**next(like, {}), **{name: value for name, value in row.items() if value is not None}}


def _like(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule with its globs as LIKE patterns, as the macro glob_to_like makes them."""
    return {name: _pattern(value) if name in GLOBS and value else value for name, value in rule.items()}


def _pattern(glob: Any) -> Any:
    if not isinstance(glob, str):
        return [_pattern(each) for each in glob]
    return glob.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")

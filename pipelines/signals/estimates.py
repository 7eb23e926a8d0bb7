"""Estimates of story points between Postgres and NumPy: Jira's issues in, ml.story_point_estimates out."""

import json
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import polars as pl

from pipelines import frames
from pipelines.signals import similarity, story_points
from pipelines.signals.kpis import scope
from pipelines.signals.story_points import Estimate, Text
from pipelines.warehouse.connection import Warehouse

VERSION = "1"  # of the method: another one estimates everything anew
SHOWN = 5  # neighbours, as evidence
ESTIMATES = {
    "tenant_id": pl.String,
    "issue_id": pl.String,
    "made_on": pl.Date,
    **dict.fromkeys(("estimate", "low", "high"), pl.Float64),
    **dict.fromkeys(("n", "known_n"), pl.Int64),
    "neighbours": pl.String,
    **dict.fromkeys(("mean_error", "mean_error_of_median"), pl.Float64),
    "backtest_n": pl.Int64,
    "refusal_reason": pl.String,
}
# Asked are open issues without points; known are those with points, the newest of each project.
ITEMS = f"""
with

items as (
    select
        items.*,
        days.scored_on as made_on,
        items.story_points is not null as is_known,
        row_number() over (
            partition by items.tenant_id, items.connection_id, items.project, items.story_points is not null
            order by items.created_at desc, items.issue_id
        ) as age_rank
    from intermediate.int_throughput__work_items as items
    inner join intermediate.int_issues__scoring_days as days using (tenant_id, source)
    where items.source = 'jira' and (items.story_points is not null or items.status = 'open') and {{scope}}
),

texts as (
    select
        tenant_id::text,
        connection_id::text,
        project,
        issue_id::text,
        key,
        coalesce(title, '') as title,
        left(coalesce(body_text, ''), {similarity.BODY_CHARACTERS}) as body,
        story_points,
        made_on
    from items
    where not is_known or age_rank <= {story_points.MAX_KNOWN}
)
"""
FINGERPRINTS = f"""
select
    tenant_id,
    concat_ws(':', '{VERSION}', count(*), sum(hashtextextended(
        jsonb_build_array(connection_id, project, issue_id, key, title, body, story_points)::text, 0
    ))) as fingerprint
from texts
group by tenant_id
"""
FACTS = "select * from texts order by tenant_id, connection_id, project, issue_id"


def estimate_points(
    warehouse: Warehouse, tenants: Sequence[UUID | str] | None = None, full: bool = False
) -> dict[str, int]:
    """Bring ml.story_point_estimates up to date: counts of tenants, refused issues, rows written and rows deleted.

    A tenant whose issues are what they were keeps its estimates; `full` makes all anew. Of a tenant's issues no other
    tenant's estimates know anything.
    """
    chosen = scope(tenants)
    now = frames.read(warehouse, ITEMS.format(scope=chosen) + FINGERPRINTS)
    last = frames.read(warehouse, f"select tenant_id::text, fingerprint from ml.story_point_inputs where {chosen}")
    changed = now if full else now.join(last, on=now.columns, how="anti")
    gone = last.join(now, on="tenant_id", how="anti")
    touched = [*changed["tenant_id"], *gone["tenant_id"]]
    items = frames.read(warehouse, ITEMS.format(scope=scope(changed["tenant_id"].to_list())) + FACTS)
    rows: list[dict[str, object]] = []
    for _, project in items.group_by("tenant_id", "connection_id", "project", maintain_order=True):
        rows += estimate_project(project)
    new = pl.DataFrame(rows, schema=ESTIMATES)
    columns = ", ".join(list(ESTIMATES)[2:])
    old = frames.read(
        warehouse,
        f"select tenant_id::text, issue_id::text, {columns} from ml.story_point_estimates where {scope(touched)}",
    )
    with warehouse.connect("transformer") as connection:
        counts = frames.store(connection, "ml.story_point_estimates", ("tenant_id", "issue_id"), new, old)
        frames.store(connection, "ml.story_point_inputs", ("tenant_id",), now, last)
    return {"tenants": changed.height, "refused": new["refusal_reason"].count(), **counts}


def estimate_project(items: pl.DataFrame) -> list[dict[str, object]]:
    """The rows of ESTIMATES of one project: one for each of its issues without points."""
    known, asked = (items.filter(pl.col("story_points").is_not_null() == is_known) for is_known in (True, False))
    if asked.is_empty():
        return []
    points = known["story_points"].to_numpy().astype(np.float64)
    made, backtest = story_points.estimates(_texts(known), points, _texts(asked))
    keys = known.select("issue_id", "key", "story_points").rows()
    return [
        {
            "tenant_id": issue["tenant_id"],
            "issue_id": issue["issue_id"],
            "made_on": issue["made_on"],
            "estimate": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "known_n": known.height,
            "neighbours": _evidence(estimate, keys),
            "mean_error": backtest.mean_error,
            "mean_error_of_median": backtest.mean_error_of_median,
            "backtest_n": backtest.n,
            "refusal_reason": estimate.refusal,
        }
        for issue, estimate in zip(asked.iter_rows(named=True), made, strict=True)
    ]


def _texts(items: pl.DataFrame) -> list[Text]:
    return [Text(*row) for row in items.select("issue_id", "key", "title", "body").rows()]


def _evidence(estimate: Estimate, known: list[tuple[str, str, float]]) -> str | None:
    """The nearest neighbours as JSON, most alike first."""
    if estimate.value is None:
        return None
    shown = [(*known[at], similarity) for at, similarity in estimate.neighbours[:SHOWN]]
    names = ("issue_id", "key", "story_points", "similarity")
    return json.dumps([dict(zip(names, each, strict=True)) for each in shown])

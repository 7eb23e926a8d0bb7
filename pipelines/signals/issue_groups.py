"""Similar issues and duplicates between Postgres and Python, a tenant at a time, and only where anything changed."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from pipelines import frames
from pipelines.signals import duplicates, similarity
from pipelines.signals.mention_scans import with_news
from pipelines.warehouse.connection import Warehouse

SIMILAR = {"tenant_id": pl.String, "issue_id": pl.String, "rank": pl.Int16, "similar_issue_id": pl.String,
           "similarity": pl.Float64}  # fmt: skip
MEMBERS = {"tenant_id": pl.String, "issue_id": pl.String, "group_id": pl.String, "method": pl.String,
           "joined_issue_id": pl.String, "similarity": pl.Float64}  # fmt: skip
SHOWN, LEAST_SHOWN = 20, 0.1  # similar issues that are kept of each, and how alike they have to be
NUMBER = re.compile(r"\d{3,}")
VERSION = f"{similarity.VERSION} {duplicates.THRESHOLD} {duplicates.AFTERWARDS.days}"

FINGERPRINT = """
select concat_ws('/', '{version}',
    (select concat_ws(':', count(*), sum(hashtextextended(each::text, 0)))
        from intermediate.int_issues__comparable as each where tenant_id = '{tenant}'),
    (select concat_ws(':', count(*), sum(hashtextextended(each::text, 0)))
        from intermediate.int_issues__links as each where tenant_id = '{tenant}'),
    (select concat_ws(':', count(*), sum(hashtextextended(each::text, 0)))
        from ml.issue_mentions as each where tenant_id = '{tenant}')
) as fingerprint
"""
COMPARED = """
select
    issues.issue_id::text,
    coalesce(issues.title, '') as title,
    coalesce(issues.body_text, '') as body,
    issues.created_at,
    issues.resolved_at,
    issues.is_report,
    array(
        select distinct lower(mentioned.name) from ml.issue_mentions as mentioned
        where mentioned.tenant_id = issues.tenant_id and mentioned.issue_id = issues.issue_id
            and mentioned.kind in ('component', 'service')
    ) as names
from intermediate.int_issues__comparable as issues
where issues.tenant_id = '{tenant}'
order by issues.created_at, issues.issue_id
"""
LINKS = """
select issue_id::text, linked_issue_id::text, method
from intermediate.int_issues__links
where tenant_id = '{tenant}'
order by issue_id, linked_issue_id
"""
GROUPED = "select tenant_id::text, fingerprint from ml.issue_groupings"
STORED = {
    "ml.similar_issues": "tenant_id::text, issue_id::text, rank, similar_issue_id::text, similarity",
    "ml.duplicate_members":
        "tenant_id::text, issue_id::text, group_id::text, method, joined_issue_id::text, similarity",
}  # fmt: skip
REMOVED = "delete from {} where tenant_id not in (select tenant_id from app.tenant)"


def group_issues(warehouse: Warehouse, full: bool = False) -> dict[str, int]:
    """Bring ml.similar_issues and ml.duplicate_members up to date: counts of issues compared, rows written and deleted.

    A tenant's issues are compared anew where one of them, a link or a mention changed, since every text counts in what
    the others' words weigh; `full` compares all. Both give the same rows.
    """
    counts = {"compared": 0, "written": 0, "deleted": 0}
    grouped = dict(frames.read(warehouse, GROUPED).iter_rows())
    for tenant in with_news(warehouse, full):
        query = FINGERPRINT.format(tenant=tenant, version=VERSION)
        fingerprint = frames.read(warehouse, query)["fingerprint"].item()
        if not full and grouped.get(tenant) == fingerprint:
            continue
        issues = frames.read(warehouse, COMPARED.format(tenant=tenant))
        found = compared(tenant, issues, frames.read(warehouse, LINKS.format(tenant=tenant)))
        for name, count in _store(warehouse, tenant, fingerprint, found).items():
            counts[name] += count
        counts["compared"] += issues.height
    with warehouse.connect("transformer") as connection:
        for table in (*STORED, "ml.issue_groupings"):
            connection.execute(REMOVED.format(table))
    return counts


def compared(tenant: str, issues: pl.DataFrame, links: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of both tables for one tenant. `issues` are in the order of their creation."""
    if issues.is_empty():
        return {"ml.similar_issues": pl.DataFrame(schema=SIMILAR), "ml.duplicate_members": pl.DataFrame(schema=MEMBERS)}
    matrix = similarity.vectors(issues["title"].to_list(), issues["body"].to_list())
    alike = list(similarity.pairs(matrix))
    members = duplicates.groups(_issues(issues), [duplicates.Link(*row) for row in links.iter_rows()], alike)
    return {
        "ml.similar_issues": _similar(tenant, issues["issue_id"].to_list(), alike),
        "ml.duplicate_members": pl.DataFrame([(tenant, *member) for member in members], schema=MEMBERS, orient="row"),
    }


def _issues(issues: pl.DataFrame) -> list[duplicates.Issue]:
    return [
        duplicates.Issue(
            row["issue_id"], row["created_at"], row["resolved_at"], row["is_report"], frozenset(row["names"]),
            frozenset(NUMBER.findall(row["title"])),
        )
        for row in issues.iter_rows(named=True)
    ]  # fmt: skip


def _similar(tenant: str, ids: Sequence[str], alike: Sequence[similarity.Pairs]) -> pl.DataFrame:
    def blocks() -> Iterator[pl.DataFrame]:
        for block in alike:
            _, starts = np.unique(block.rows, return_index=True)
            lengths = np.diff(np.append(starts, len(block.rows)))
            rank = np.arange(len(block.rows)) - np.repeat(starts, lengths) + 1
            kept = (rank <= SHOWN) & (block.alike >= LEAST_SHOWN)
            yield pl.DataFrame({
                "row": block.rows[kept], "rank": rank[kept], "other": block.others[kept],
                "similarity": block.alike[kept],
            })  # fmt: skip

    name = pl.Series(ids)
    found = pl.concat(blocks())
    return pl.DataFrame({
        "tenant_id": pl.repeat(tenant, found.height, eager=True), "issue_id": name.gather(found["row"]),
        "rank": found["rank"], "similar_issue_id": name.gather(found["other"]), "similarity": found["similarity"],
    }).cast(SIMILAR)  # type: ignore[arg-type]  # fmt: skip


def _store(warehouse: Warehouse, tenant: str, fingerprint: str, found: dict[str, pl.DataFrame]) -> dict[str, int]:
    counts = {"written": 0, "deleted": 0}
    keys = {"ml.similar_issues": ("tenant_id", "issue_id", "rank"), "ml.duplicate_members": ("tenant_id", "issue_id")}
    with warehouse.connect("transformer") as connection:
        for table, rows in found.items():
            old = frames.read(warehouse, f"select {STORED[table]} from {table} where tenant_id = '{tenant}'")
            for name, count in frames.store(connection, table, keys[table], rows, old).items():
                counts[name] += count
        made = pl.DataFrame({"tenant_id": [tenant], "fingerprint": [fingerprint], "computed_at": [datetime.now(UTC)]})
        frames.upsert(connection, "ml.issue_groupings", ("tenant_id",), made)
    return counts

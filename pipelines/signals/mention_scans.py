"""Mentions between Postgres and Python, a tenant at a time: texts and names in, ml.issue_mentions out."""

from hashlib import md5

import polars as pl

from pipelines import frames
from pipelines.signals import mentions
from pipelines.warehouse.connection import Warehouse

MENTION_KEY = ("tenant_id", "issue_id", "kind", "name", "field", "position")
SCAN_KEY = ("tenant_id", "issue_id")
SEARCHED_CHARACTERS = 5_000  # of a body
TENANTS = """
select tenant_id::text from app.tenant
where {is_full} or tenant_id in (select tenant_id from intermediate.int_tenants__touched)
order by tenant_id
"""
NAMES = "select kind, name from intermediate.int_issues__names where tenant_id = '{tenant}' order by kind, name"
# Where neither the text nor the names have changed, neither have the mentions.
UNSCANNED = """
with

texts as (
    select
        tenant_id,
        issue_id,
        coalesce(title, '') as title,
        left(coalesce(body_text, ''), {characters}) as body,
        md5(concat_ws('|', '{names}', coalesce(title, ''), body_text)) as fingerprint
    from intermediate.int_issues__unioned
    where tenant_id = '{tenant}'
)

select texts.tenant_id::text, texts.issue_id::text, texts.title, texts.body, texts.fingerprint
from texts
left join ml.issue_scans as scanned using (tenant_id, issue_id)
where {is_full} or scanned.fingerprint is distinct from texts.fingerprint
"""
GONE = """
select tenant_id::text, issue_id::text
from ml.issue_scans as scanned
where
    (
        tenant_id = any (array[{tenants}]::uuid[])
        and not exists (
            select from intermediate.int_issues__unioned as issues
            where issues.tenant_id = scanned.tenant_id and issues.issue_id = scanned.issue_id
        )
    )
    or tenant_id not in (select tenant_id from app.tenant)
"""


def find_mentions(warehouse: Warehouse, full: bool = False) -> dict[str, int]:
    """Bring ml.issue_mentions up to date: counts of texts searched and rows written and deleted.

    Searched are the texts that changed, and all of a tenant whose names did; with `full` all. Both give the same rows.
    """
    counts = {"searched": 0, "written": 0, "deleted": 0}
    tenants = with_news(warehouse, full)
    gone = frames.read(warehouse, GONE.format(tenants=", ".join(f"'{tenant}'" for tenant in tenants)))
    for tenant in tenants:
        names = frames.read(warehouse, NAMES.format(tenant=tenant)).rows()
        known = f"{mentions.VERSION} {md5(repr(names).encode(), usedforsecurity=False).hexdigest()}"
        texts = frames.read(
            warehouse,
            UNSCANNED.format(tenant=tenant, names=known, characters=SEARCHED_CHARACTERS, is_full=full),
        )
        if texts.is_empty():
            continue
        found = _mentions(texts, mentions.Names(names))
        with warehouse.connect("transformer") as connection:
            old = _old_mentions(warehouse, tenant).join(texts, on=["issue_id"], how="semi")
            stored = frames.store(connection, "ml.issue_mentions", MENTION_KEY, found, old)
            frames.upsert(connection, "ml.issue_scans", SCAN_KEY, texts.select(*SCAN_KEY, "fingerprint"))
        counts["searched"] += texts.height
        counts = {**counts, **{name: counts[name] + count for name, count in stored.items()}}
    with warehouse.connect("transformer") as connection:
        frames.delete(connection, "ml.issue_mentions", gone)
        frames.delete(connection, "ml.issue_scans", gone)
    return counts


def with_news(warehouse: Warehouse, full: bool) -> list[str]:
    """The tenants to which anything new came since the last build that succeeded, or all."""
    return frames.read(warehouse, TENANTS.format(is_full=full))["tenant_id"].to_list()


def _mentions(texts: pl.DataFrame, names: mentions.Names) -> pl.DataFrame:
    rows = [
        (tenant, issue, found.kind, found.name, field, found.position, found.matched_text)
        for tenant, issue, title, body, _ in texts.iter_rows()
        for field, text in (("title", title), ("body", body))
        for found in names.find(text)
    ]
    text = dict.fromkeys(MENTION_KEY, pl.String)
    schema = {**text, "position": pl.Int64, "matched_text": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").unique(MENTION_KEY, keep="first", maintain_order=True)


def _old_mentions(warehouse: Warehouse, tenant: str) -> pl.DataFrame:
    return frames.read(
        warehouse,
        "select tenant_id::text, issue_id::text, kind, name, field, position, matched_text"
        f" from ml.issue_mentions where tenant_id = '{tenant}'",
    )

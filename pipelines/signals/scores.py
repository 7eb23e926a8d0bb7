"""Sentiment between Postgres and polars: headlines and tickets in, ml.sentiments out."""

from datetime import UTC, datetime

import polars as pl

from pipelines import frames
from pipelines.signals import sentiment
from pipelines.warehouse.connection import Warehouse

KEY = ("tenant_id", "entity_kind", "entity_id")
BODY_CHARACTERS = 600  # of a ticket; what follows is mostly logs and signatures

TEXTS = f"""
with

texts as (
    select tenant_id, 'news_article' as entity_kind, article_id::text as entity_id, title as text, language
    from staging.stg_gdelt__articles
    union all
    select
        tenant_id,
        'issue' as entity_kind,
        issue_id::text as entity_id,
        concat_ws('. ', title, left(body_text, {BODY_CHARACTERS})) as text,
        null::text as language
    from intermediate.int_issues__unioned
),

hashed as (
    select *, md5(concat_ws('|', coalesce(language, ''), text)) as content_hash from texts
)
"""
# Where the content and the scorer are the same, so is the score.
CHANGED = """
select hashed.tenant_id::text, entity_kind, entity_id, hashed.content_hash, hashed.text, hashed.language
from hashed
left join ml.sentiments as scored using (tenant_id, entity_kind, entity_id)
where
    {is_full} or scored.entity_id is null or scored.content_hash <> hashed.content_hash
    or scored.scorer <> '{scorer}' or scored.scorer_version <> '{version}'
"""
GONE = """
select tenant_id::text, entity_kind, entity_id
from ml.sentiments
where (tenant_id, entity_kind, entity_id) not in (select tenant_id, entity_kind, entity_id from hashed)
"""
SCORED = """
select tenant_id::text, entity_kind, entity_id, content_hash, sentiment, scorer, scorer_version
from ml.sentiments
"""


def score_texts(warehouse: Warehouse, full: bool = False) -> dict[str, int]:
    """Bring ml.sentiments up to date: counts of texts scored, rows written and rows deleted.

    Scored are the texts whose content or scorer changed since, all of them with `full`; both give the same rows.
    """
    query = CHANGED.format(is_full=full, scorer=sentiment.SCORER, version=sentiment.scorer_version())
    texts = frames.read(warehouse, TEXTS + query).unique(KEY, keep="any")
    gone = frames.read(warehouse, TEXTS + GONE)
    rows = scored(texts)
    if full:  # a score that is what it was keeps its time
        rows = rows.join(frames.read(warehouse, SCORED), on=rows.columns, how="anti", nulls_equal=True)
    with warehouse.connect("transformer") as connection:
        frames.delete(connection, "ml.sentiments", gone)
        frames.upsert(connection, "ml.sentiments", KEY, rows.with_columns(scored_at=pl.lit(datetime.now(UTC))))
    return {"scored": texts.height, "written": rows.height, "deleted": gone.height}


def scored(texts: pl.DataFrame) -> pl.DataFrame:
    """The rows of ml.sentiments for these texts. What many places report in the same words is scored once."""
    words = ["text", "language"]
    once = sentiment.score(texts.select(words).cast(pl.String).unique())
    rows = texts.cast(dict.fromkeys(words, pl.String)).join(once, on=words, how="left", nulls_equal=True)
    return rows.select(*KEY, "content_hash", "sentiment", "scorer", "scorer_version")

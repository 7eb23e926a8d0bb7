"""What an asset's page shows of its table: words with links, rows, a preview without personal data."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import dagster as dg
import psycopg
from psycopg import sql

PREVIEW_ROWS, PREVIEW_COLUMNS = 5, 5  # wider tables are cut at the right of the page
CELL = 24
DEFAULT_API_URL = "http://127.0.0.1:8000"


def api_url() -> str:
    """Where the API answers, for links."""
    return os.environ.get("CLEARSIGNAL_API_URL", DEFAULT_API_URL).rstrip("/")


def with_links(text: str, links: Mapping[str, str]) -> str:
    """A description and, below it, links into the API: metadata would be shown far down the page."""
    shown = " · ".join(f"[{name}]({api_url()}{path})" for name, path in links.items())
    return f"{text}\n\n{shown}" if shown else text


def definition_link(model: str) -> str:
    """The model's page in the docs site."""
    return f"/definitions#!/model/model.clearsignal.{model}"


def row_counts(connection: psycopg.Connection, tables: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Rows of each (schema, table), counted."""
    if not tables:
        return {}
    one = sql.SQL("select {}, {}, count(*) from {}")
    counted = [one.format(sql.Literal(s), sql.Literal(t), sql.Identifier(s, t)) for s, t in sorted(tables)]
    return {(row[0], row[1]): row[2] for row in connection.execute(sql.SQL(" union all ").join(counted)).fetchall()}


def preview(connection: psycopg.Connection, schema: str, table: str, columns: Sequence[str]) -> str:
    """Five rows of at most five of the columns as Markdown, or '' where the table is empty."""
    shown = list(columns)[:PREVIEW_COLUMNS]
    query = sql.SQL("select {} from {} limit {}").format(
        sql.SQL(", ").join(map(sql.Identifier, shown)), sql.Identifier(schema, table), sql.Literal(PREVIEW_ROWS)
    )
    rows = connection.execute(query).fetchall()
    return markdown(shown, rows) if rows else ""


def preview_columns(node: Mapping[str, Any]) -> list[str]:
    """A model's columns that may be shown: not the tenant, not ids, nothing personal."""
    names = []
    for column in node["columns"].values():
        meta = {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}
        if not meta.get("personal") and column["name"] != "tenant_id" and column.get("data_type") != "uuid":
            names.append(column["name"])
    return names


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]], width: int = CELL) -> str:
    """A Markdown table; cells are cut at `width` so that the page shows it whole."""
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(_cell(value, width) for value in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: object, width: int) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = "–" if value is None else str(value)
    text = text.replace("|", "/").replace("\n", " ")
    return text if len(text) <= width else f"{text[: width - 1]}…"


def table_metadata(count: int | None, shown: str = "") -> dict[str, dg.MetadataValue]:
    """Row count and preview in Dagster's own keys."""
    metadata: dict[str, dg.MetadataValue] = {}
    if count is not None:
        metadata["dagster/row_count"] = dg.MetadataValue.int(count)
    if shown:
        metadata["preview"] = dg.MetadataValue.md(shown)
    return metadata

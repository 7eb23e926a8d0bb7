"""Rows → JSON, CSV or Arrow bytes."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from api.responses import Envelope, Meta, encode
from api.shape import Shape, Shown

MEDIA_TYPE = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "arrow": "application/vnd.apache.arrow.stream",
}
# A spreadsheet runs a text cell that begins so (OWASP ASVS 1.2.10); numbers stay numbers, a minus included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def json_rows(shape: Shape, columns: Sequence[Shown], rows: Iterable[Sequence[Any]]) -> list[Any]:
    """Rows as the contract's type, or where only some columns are asked for, as objects of those."""
    names = [column.name for column in columns]
    if names == list(shape.shown):
        row = shape.row
        return [row(*values) for values in rows]
    return [dict(zip(names, values, strict=True)) for values in rows]


def json_page(shape: Shape, rows: list[Any], meta: Meta) -> bytes:
    """The whole answer."""
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return encode(Envelope(rows, f"{count} of {shape.name}", meta))


def csv_page(columns: Sequence[Shown], rows: Iterable[Sequence[Any]]) -> bytes:
    """RFC 4180, with a header line. Nothing is an empty cell; lists and objects are JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def arrow_page(columns: Sequence[Shown], rows: Sequence[Sequence[Any]]) -> bytes:
    """An Arrow IPC stream: one schema, one batch. Descriptions and units are field metadata."""
    import pyarrow as pa  # a third of a second, for the few who ask for it

    def field(column: Shown) -> pa.Field:
        kind = pa.timestamp("us", "UTC") if column.kind.arrow == "timestamp" else getattr(pa, column.kind.arrow)()
        words = {"description": column.contract.description, "unit": column.contract.unit or ""}
        return pa.field(column.name, pa.list_(kind) if column.is_list else kind, not column.not_null, words)

    schema = pa.schema([field(column) for column in columns])
    listed = [[_arrow(row[at]) for row in rows] for at in range(len(columns))]
    arrays = [pa.array(values, each.type) for values, each in zip(listed, schema, strict=True)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | msgspec.Raw():
            written = msgspec.json.encode(value).decode()
            return f"'{written}" if written.startswith(FORMULA) else written
    return value


def _arrow(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return float(value) if type(value).__name__ == "Decimal" else value

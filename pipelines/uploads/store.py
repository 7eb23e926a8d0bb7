"""An upload's way: checked and accepted by whoever receives it, loaded and undone by the loader, each in one step.

Raw rows carry the upload's id as their connection, so undoing one brings back what an earlier one said of the same day.
"""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from pipelines import names, raw_schema, removal
from pipelines.connection_changes import Author
from pipelines.raw_tables import RAW
from pipelines.uploads.text import LARGEST, Utf8File
from pipelines.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from pipelines.uploads.table import Checked

LEFT_OVER_SECONDS = 86_400.0
WAITING = "select tenant_id, upload_id, kind, status from app.upload where status in ('accepted', 'undoing')"


@dataclass(frozen=True)
class Options:
    """What the sender says of the file; what is None is found out. Raises InvalidName."""

    kind: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: str | None = None
    name: str | None = None  # none: its kind's

    def __post_init__(self) -> None:
        if self.name is not None:
            object.__setattr__(self, "name", names.checked(self.name))


@dataclass
class Intake:
    """One file on its way in: chunks come by `write`, then `check` reads it whole."""

    home: Path
    options: Options
    largest: int = LARGEST
    upload_id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self._raw = _folder(self.home) / f"{self.upload_id}.raw"
        self._digest = hashlib.sha256()
        self._file = Utf8File(self._raw, self.options.encoding, self.largest)

    def __enter__(self) -> "Intake":
        self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.__exit__(*error)
        self._raw.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises UploadRefused."""
        self._digest.update(chunk)
        self._file.write(chunk)

    def check(self, zone: str) -> "Checked":
        """Read the whole file; its rows then lie ready to be loaded. Raises UploadRefused, and then nothing does."""
        from pipelines.uploads import table  # DuckDB and polars: only who checks a file pays for them

        self._file.finish()
        options = self.options
        return table.check(
            self._raw, ready(self.home, self.upload_id), zone=zone, kind=options.kind,
            date_format=options.date_format, decimal=options.decimal,
        )  # fmt: skip

    def accept(self, database: psycopg.Connection, author: Author, checked: "Checked") -> None:
        """Record it for the loader."""
        kind = checked.layout.kind.name
        database.execute(
            "insert into app.upload (tenant_id, upload_id, kind, name, row_count, byte_count, sha256, format, user_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [author.tenant_id, self.upload_id, kind, self.options.name or kind, checked.row_count,
             self._file.byte_count, self._digest.hexdigest(), Jsonb(self.format(checked)), author.user_id],
        )  # fmt: skip

    def format(self, checked: "Checked") -> dict[str, Any]:
        """How the file was read, as an answer shows it."""
        reading = checked.reading
        return {
            "encoding": self._file.encoding,
            "delimiter": checked.delimiter,
            "date_format": reading.date_format,
            "decimal": reading.decimal,
            "time_zone": reading.zone,
            "columns": {name: checked.layout.header[at] for name, at in checked.layout.positions.items()},
            "metadata": [name for _, name in checked.layout.others],
        }


def ready(home: Path, upload_id: UUID) -> Path:
    """Where a checked file waits for the loader."""
    return _folder(home) / f"{upload_id}.csv"


def settle(warehouse: Warehouse) -> int:
    """Load what was accepted and undo what is to be undone; how many uploads. Safe to repeat and to kill."""
    with warehouse.connect("loader") as database:
        waiting = database.execute(WAITING).fetchall()
    if waiting:
        raw_schema.ensure_tables(warehouse, ["upload"])
    for tenant_id, upload_id, kind, status in waiting:
        step = _load if status == "accepted" else _undo
        try:
            with warehouse.connect("loader") as database:
                locked = database.execute(
                    "select from app.upload where tenant_id = %s and upload_id = %s and status = %s"
                    " for update skip locked",
                    [tenant_id, upload_id, status],
                ).rowcount
                if locked:
                    step(warehouse, database, tenant_id, upload_id, kind)
        except psycopg.DataError as error:  # a value that no check of ours has foreseen
            with warehouse.connect("loader") as database:
                why = str(error).partition("\n")[0][:300]
                _finish(database, tenant_id, upload_id, "failed", f"the rows could not be loaded: {why}")
        ready(warehouse.home, upload_id).unlink(missing_ok=True)
    return len(waiting)


def undo(database: psycopg.Connection, tenant_id: UUID, upload_id: UUID) -> str | None:
    """Ask for an upload's rows to be taken away; its status before, None where there is no such upload."""
    row = database.execute(
        "select status from app.upload where tenant_id = %s and upload_id = %s for update", [tenant_id, upload_id]
    ).fetchone()
    if row is not None and row[0] in ("accepted", "loaded"):
        database.execute(
            "update app.upload set status = 'undoing' where tenant_id = %s and upload_id = %s", [tenant_id, upload_id]
        )
    return row[0] if row else None


def forget_leftovers(home: Path) -> int:
    """Delete files of a day ago: whoever received them was killed before they were accepted. How many."""
    found = [path for path in _folder(home).glob("*") if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _load(warehouse: Warehouse, database: psycopg.Connection, tenant_id: UUID, upload_id: UUID, kind: str) -> None:
    raw, load_id = RAW["upload"][kind], f"upload-{upload_id}"
    path = ready(warehouse.home, upload_id)
    if not path.exists():
        _finish(database, tenant_id, upload_id, "failed", "the file is gone. Do: upload it again.")
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, raw.columns))
    types = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL({"double": "double precision", "json": "jsonb",
                                "timestamp": "timestamptz"}.get(of, of)))
        for name, of in raw.columns.items()
    )  # fmt: skip
    database.execute(sql.SQL("create temporary table arriving ({}) on commit drop").format(types))
    with path.open("rb") as file, database.cursor().copy("copy arriving from stdin (format csv)") as copy:
        while chunk := file.read(1 << 20):
            copy.write(chunk)
    database.execute(
        sql.SQL(
            "insert into {} (tenant_id, connection_id, {}, _dlt_load_id) select %s, %s, {}, %s from arriving"
        ).format(sql.Identifier(raw.schema, raw.name), columns, columns),
        [str(tenant_id), str(upload_id), load_id],
    )
    database.execute(
        "insert into app.load_package (load_id, tenant_id, connection_id, source) values (%s, %s, %s, 'upload')",
        [load_id, tenant_id, upload_id],
    )
    _finish(database, tenant_id, upload_id, "loaded")


def _undo(warehouse: Warehouse, database: psycopg.Connection, tenant_id: UUID, upload_id: UUID, kind: str) -> None:
    removal.remove_rows(database, "upload", tenant_id, upload_id)
    _finish(database, tenant_id, upload_id, "undone")


def _finish(database: psycopg.Connection, tenant_id: UUID, upload_id: UUID, status: str, error: str = "") -> None:
    database.execute(
        "update app.upload set status = %s, finished_at = now(), error = nullif(%s, '')"
        " where tenant_id = %s and upload_id = %s",
        [status, error, tenant_id, upload_id],
    )


def _folder(home: Path) -> Path:
    return home / "uploads"

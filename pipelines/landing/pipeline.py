"""Rows of one connection → its raw tables, through dlt: CSV by COPY into a landing schema of its own, then a merge.

One dlt pipeline a connection, so that its state (the cursors) is its own. The rows of a package and the cursors
that follow from them are committed together; a row that did not change keeps its old package. Small packages, which
are most, leave out dlt's steps (`small.py`).
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # read as dlt is imported, before it has our options

import dlt
import psycopg

from pipelines.landing import small
from pipelines.landing.dlt_source import packaged
from pipelines.landing.locks import landing_schema
from pipelines.landing.news import MOST_ROWS, holds_news
from pipelines.landing.postgres import Postgres, prepare
from pipelines.landing.rows import Broken, Cells, fitting
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse

prepare()
_begun: set[str] = set()  # addresses and sources whose dataset has dlt's own tables


def pipeline_name(source: str, connection_id: UUID | str) -> str:
    return f"{source}_{UUID(str(connection_id)).hex}"


def folder(warehouse: Warehouse, source: str, connection_id: UUID | str) -> Path:
    """dlt's working folder of one connection. It can be lost: the state comes back from the warehouse."""
    return warehouse.home / "dlt" / pipeline_name(source, connection_id)


@dataclass
class Batch:
    """Rows that wait to be loaded, by table and key, and the cursors that follow from them."""

    source: str
    tables: dict[str, dict[Cells, Cells]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, rows: list[dict[str, Any]]) -> list[Broken]:
        """Take the rows in that fit their columns; return the others."""
        converted, broken = fitting(RAW[self.source][table], rows) if rows else ({}, [])
        if converted:
            self.tables.setdefault(table, {}).update(converted)
        return broken

    @property
    def size(self) -> int:
        return sum(map(len, self.tables.values()))


class Landing:
    """The dlt pipeline of one connection. Whoever uses it holds the connection's lock."""

    def __init__(self, warehouse: Warehouse, source: str, tenant_id: UUID, connection_id: UUID) -> None:
        self.source, self.tenant_id, self.connection_id = source, str(tenant_id), str(connection_id)
        self._warehouse = warehouse
        self._name = pipeline_name(source, connection_id)
        self._folder = folder(warehouse, source, connection_id)
        self._made: dlt.Pipeline | None = None  # small packages do without
        self._state: small.State | None = None  # that the warehouse has; None: nobody has looked

    def finish_pending(self) -> list[str]:
        """Load what an interrupted run left behind; where that fails, forget it: its cursors were never committed."""
        if not self._folder.exists() or not self._pipeline().has_pending_data:
            return []
        self._state = None
        try:
            self._pipeline().normalize()
            return list(self._pipeline().load().loads_ids)
        except Exception:
            self.forget()
            return []

    def cursors(self) -> dict[str, str]:
        """What the committed packages have read, by resource and scope."""
        if self._state is None:
            with small.transaction(self._warehouse, self.source) as cursor:
                self._state = small.state(cursor, self.source, self._name)
        stored = self._state.get("sources", {}).get(self.source, {}).get("cursors", {})
        return {str(scope): value for scope, value in stored.items() if isinstance(value, str)}

    def has_all_of(self, batch: Batch, database: psycopg.Connection) -> bool:
        """Whether the batch says nothing new: no row, and no cursor that is not committed already."""
        stored = self.cursors()
        if batch.size > MOST_ROWS or any(stored.get(scope) != value for scope, value in batch.cursors.items()):
            return False
        try:
            return not any(
                holds_news(database, RAW[self.source][name], rows, self.tenant_id, self.connection_id)
                for name, rows in batch.tables.items()
            )
        except psycopg.DataError:  # a value that no check has foreseen: loading it says which
            return False

    def load(self, batch: Batch) -> str:
        """Commit the batch as one package and return its load id. On failure nothing of its cursors stays."""
        with self._alone_at_first() as is_first:
            if is_first or batch.size > small.MOST_ROWS:
                return self._load_large(batch)
        return self._load_small(batch)

    def _load_small(self, batch: Batch) -> str:
        known = self.cursors()
        has_moved = any(known.get(scope) != value for scope, value in batch.cursors.items())
        after = small.moved(self._state or {}, self.source, self._name, batch.cursors) if has_moved else None
        with small.transaction(self._warehouse, self.source) as cursor:
            owner = (self.tenant_id, self.connection_id)
            load_id = small.commit(cursor, self.source, owner, batch.tables, after)
        if after is not None:
            self._state, self._made = after, None  # a pipeline would go on from the state that it has
        return load_id

    def _load_large(self, batch: Batch) -> str:
        self._state = None
        pipeline = self._pipeline()
        pipeline.activate()  # for this thread
        try:
            info = pipeline.run(
                packaged(self.source, (self.tenant_id, self.connection_id), batch.tables, batch.cursors)
            )
            info.raise_on_failed_jobs()
        except Exception:
            self.forget()
            raise
        self._tidy()
        return str(info.loads_ids[-1])

    def _pipeline(self) -> dlt.Pipeline:
        """It takes the state from the warehouse when it first loads."""
        if self._made is None:
            self._made = dlt.pipeline(
                self._name,
                pipelines_dir=str(self._folder.parent),
                destination=Postgres(
                    credentials=self._warehouse.url("loader"),
                    staging_dataset_name_layout=landing_schema(self.source, self.connection_id),
                    create_indexes=False,  # the raw tables bring their own
                ),
                dataset_name=f"raw_{self.source}",
            )
            self._made.activate()  # dlt keeps the active pipeline by thread
        return self._made

    @contextmanager
    def _alone_at_first(self) -> Iterator[bool]:
        """Whether it is a dataset's first load: dlt makes its own tables then, and two at once would collide."""
        dataset = f"{self._warehouse.url('loader')} {self.source}"
        if dataset in _begun:
            yield False
            return
        with self._warehouse.connect("loader") as database:
            if not self._has_own_tables(database):
                database.execute("select pg_advisory_xact_lock(hashtext('first load'), hashtext(%s))", [self.source])
                if not self._has_own_tables(database):
                    yield True
                    return
        _begun.add(dataset)
        yield False

    def _has_own_tables(self, database: psycopg.Connection) -> bool:
        names = ["_dlt_loads", "_dlt_version", "_dlt_pipeline_state"]
        found = database.execute(  # the catalogue itself: to_regclass may remember that there was none
            "select count(*) from pg_tables where schemaname = %s and tablename = any(%s)",
            [f"raw_{self.source}", names],
        )
        return bool(found.fetchone() == (len(names),))

    def _tidy(self) -> None:
        """Remove what dlt keeps of finished packages: they would pile up, and its trace is a pickle."""
        shutil.rmtree(self._folder / "load" / "loaded", ignore_errors=True)
        (self._folder / "load" / "loaded").mkdir(parents=True, exist_ok=True)
        (self._folder / "trace.pickle").unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop local files; the next use starts from what the warehouse has."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._made = self._state = None

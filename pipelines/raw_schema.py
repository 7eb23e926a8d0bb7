"""The raw tables in the database: made for every source, and with the planner's statistics of what is in them."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from pipelines.raw_tables import RAW, create_statements, indexes_of
from pipelines.warehouse.connection import Warehouse

SCHEMA_LOCK = 7_036_875_101
CHANGED = r"""
    select schemaname, relname from pg_stat_user_tables
    where schemaname like 'raw\_%' and n_mod_since_analyze > 50 + 0.1 * n_live_tup
"""


def ensure_tables(warehouse: Warehouse, sources: Iterable[str] = tuple(RAW)) -> None:
    """Make the raw tables of every source, used or not, so that the models can always read them."""
    with warehouse.connect("loader") as database:
        wanting = [source for source in sources if not _has_all(database, source)]
        if wanting:
            database.execute("select pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])  # CREATE IF NOT EXISTS races itself
        for source in wanting:
            for statement in create_statements(source):
                database.execute(statement)


def _has_all(database: psycopg.Connection, source: str) -> bool:
    """Whether nothing is to be made: CREATE INDEX waits for those who write before it finds that there is one."""
    rows = database.execute("select indexname from pg_indexes where schemaname = %s", [f"raw_{source}"]).fetchall()
    wanted = {name for table in RAW[source].values() for name in indexes_of(table)}
    return wanted <= {name for (name,) in rows}


def refresh_statistics(warehouse: Warehouse) -> None:
    """Analyze the raw tables of which a tenth has changed: without, a join of thousands of rows is planned as of one.

    Autovacuum comes once a minute, and models read at once what was loaded.
    """
    with warehouse.connect("loader", autocommit=True) as database:
        for names in database.execute(CHANGED).fetchall():
            try:
                database.execute(sql.SQL("analyze (skip_locked) {}").format(sql.Identifier(*names)))
            except psycopg.errors.UndefinedTable:  # a connection was removed meanwhile
                continue

"""The planner's statistics of raw tables: without them it takes a join of thousands of rows for one of a single row."""

import psycopg
from psycopg import sql

from pipelines.warehouse.connection import Warehouse

CHANGED = r"""
    select schemaname, relname from pg_stat_user_tables
    where schemaname like 'raw\_%' and n_mod_since_analyze > 50 + 0.1 * n_live_tup
"""


def refresh(warehouse: Warehouse) -> None:
    """Analyze the raw tables of which a tenth has changed. Autovacuum comes once a minute, models read them at once."""
    with warehouse.connect("loader", autocommit=True) as database:
        for names in database.execute(CHANGED).fetchall():
            try:
                database.execute(sql.SQL("analyze (skip_locked) {}").format(sql.Identifier(*names)))
            except psycopg.errors.UndefinedTable:  # a connection was removed meanwhile
                continue

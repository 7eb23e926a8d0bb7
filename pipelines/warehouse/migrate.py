"""Bring a database up to this version of Clearsignal: roles first, then Alembic's migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from pipelines.warehouse import roles
from pipelines.warehouse.connection import Warehouse, WarehouseUnavailable

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(warehouse: Warehouse) -> list[str]:
    """Apply what is missing and return the applied revisions, oldest first.

    Raises WarehouseUnavailable where the database is newer than this checkout, or cannot be prepared.
    """
    roles.ensure(warehouse)
    config = _config(warehouse)
    before = current(warehouse)
    known = [script.revision for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]
    if before and before not in known:
        raise WarehouseUnavailable(
            f"the database is at revision {before}, which this version does not know. "
            "Do: update the checkout, or use another database."
        )
    missing = known[known.index(before) + 1 :] if before else known
    if missing:
        command.upgrade(config, "head")
    return missing


def current(warehouse: Warehouse) -> str | None:
    """The revision that the database is at, None where it was never migrated."""
    engine = administrator_engine(warehouse)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table_schema": "app"})
        revision = context.get_current_revision()
    engine.dispose()
    return revision


def newest() -> str:
    """The revision that this version of the code needs."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return str(ScriptDirectory.from_config(config).get_current_head())


def administrator_engine(warehouse: Warehouse) -> Engine:
    """SQLAlchemy's way in, for Alembic alone."""
    return create_engine(warehouse.admin_url.replace("postgresql://", "postgresql+psycopg://", 1))


def _config(warehouse: Warehouse) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["warehouse"] = warehouse
    return config

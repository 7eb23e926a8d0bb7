"""Alembic's entry: every migration runs in one transaction, as the role that owns what it makes."""

from alembic import context
from sqlalchemy import text

from pipelines.warehouse.migrate import administrator_engine

engine = administrator_engine(context.config.attributes["warehouse"])
with engine.begin() as connection:
    connection.execute(text("select pg_advisory_xact_lock(hashtext('clearsignal migrations'))"))
    connection.execute(text("set local role clearsignal_owner"))
    connection.execute(text("create schema if not exists app"))
    context.configure(connection=connection, version_table_schema="app", transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()

"""What the assets are handed: the warehouse, the build that a transform run writes, and no way around Postgres."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.builds import Build
from pipelines.warehouse.connection import Warehouse

STATEMENT_MILLISECONDS = 60_000


class NothingButPostgres(dg.IOManager):
    """Assets hand data on through the warehouse alone, so that any machine can run the next one."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Refuse a value that an asset returned."""
        raise dg.DagsterInvariantViolationError("an asset returned a value. Do: write it to Postgres, return nothing.")

    def load_input(self, context: dg.InputContext) -> Any:
        """Refuse an argument that names an asset."""
        raise dg.DagsterInvariantViolationError("an asset asked for a value. Do: name it in deps, read Postgres.")


@dg.resource(description="The database that all assets read and write.")
def warehouse(context: dg.InitResourceContext) -> Warehouse:
    """Looked up when a run starts, so that loading the definitions needs no database."""
    if context.instance is not None:
        keep_connected(context.instance)
    return Warehouse.from_environment()


def keep_connected(instance: dg.DagsterInstance) -> None:
    """Let a run keep its connections to Dagster's tables, as the web server does, and not open one for each event.

    A transform stores some 800 events with 2,300 connections, which were a quarter of its time.
    """
    instance.optimize_for_webserver(statement_timeout=STATEMENT_MILLISECONDS, pool_recycle=3600, max_overflow=4)


@dg.resource(required_resource_keys={"warehouse"}, description="The row of app.build that this run fills.")
def build(context: dg.InitResourceContext) -> Iterator[Build]:
    """One build a run; what was not published by the run's end counts as failed, so the next build sees it again."""
    current = Build(context.resources.warehouse)
    try:
        yield current
    finally:
        current.abandon()


@dg.io_manager
def nothing_but_postgres(_: dg.InitResourceContext) -> NothingButPostgres:
    """The only IO manager."""
    return NothingButPostgres()


RESOURCES = {"warehouse": warehouse, "build": build, "io_manager": nothing_but_postgres}

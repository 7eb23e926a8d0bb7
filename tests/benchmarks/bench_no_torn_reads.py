"""Readers that poll every mart while it is built and published again: each answer is one version, and all are of one.

Two readers go through the API's own pool, in its transaction. A read is torn where a version of a mart has other rows
than at its first sight, or where a mart does not agree with those it is made of (the queries of always_true.py).
"""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import dbt_project
from api.database import Database
from api.settings import Settings
from pipelines import contracts
from pipelines.publish import publish
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks import syncs
from tests.benchmarks.large_company import Company
from tests.benchmarks.report import figure
from tests.benchmarks.transforms import Transforms
from tests.end_to_end.always_true import QUERIES

PULLS, TENANTS, READERS, ROUNDS = 500, 3, 2, 2
VERSION = "select version from app.mart_version where mart = $1"
ROWS = "select (count(*), sum(hashtextextended(mart::text, 0)))::text from marts.{} as mart"


@dataclass
class Polls:
    """What the readers saw."""

    reads: int = 0
    torn: list[str] = field(default_factory=list)
    known: dict[tuple[UUID, str, int], str] = field(default_factory=dict)  # the rows of a tenant's mart, by version

    async def look(self, database: Database, tenant_id: UUID) -> None:
        """All marts of a tenant, each in a transaction of its own, as requests come."""
        async with database.tenant(tenant_id) as connection:
            marts = [row["mart"] for row in await connection.fetch("select mart from app.mart_version")]
        for mart in marts:
            async with database.tenant(tenant_id) as connection:
                version = await connection.fetchval(VERSION, mart)
                rows = await connection.fetchval(ROWS.format(mart))
            self.reads += 1
            if self.known.setdefault((tenant_id, mart, version), rows) != rows:
                self.torn.append(f"{mart}, version {version}: {rows}")
        for name, query in QUERIES.items():
            async with database.tenant(tenant_id) as connection:
                found = await connection.fetchrow(query)
            self.reads += 1
            if found:
                self.torn.append(f"{name}: {found}")


def run() -> list[dict[str, Any]]:
    """Torn reads while whole and incremental builds are published, and how many versions were met."""
    with syncs.warehouse("torn-reads") as warehouse:
        company = Company(warehouse, PULLS, TENANTS)
        transforms = Transforms(warehouse)
        _refresh(warehouse, transforms, full=True)
        polls, ended = Polls(), threading.Event()
        readers = threading.Thread(target=lambda: asyncio.run(_poll(warehouse, company.tenants, polls, ended)))
        readers.start()
        try:
            for _ in range(ROUNDS):
                company.next_day()
                _refresh(warehouse, transforms, full=False)
                _refresh(warehouse, transforms, full=True)
        finally:
            ended.set()
            readers.join()
    versions = {(mart, version) for _, mart, version in polls.known}
    print("\n".join(polls.torn[:10]))
    name = f"torn reads, of {polls.reads:,} that met {len(versions):,} versions of marts"
    return [figure("no_torn_reads", name, len(polls.torn), "", reference=polls.reads, goal=0.0, at_most=True)]


def _refresh(warehouse: Warehouse, transforms: Transforms, full: bool) -> None:
    transforms.run(full=full)
    publish(warehouse, contracts.read(dbt_project.manifest_path(warehouse.home)))


async def _poll(warehouse: Warehouse, tenants: list[UUID], polls: Polls, ended: threading.Event) -> None:
    database = Database(warehouse.url("api"), Settings())
    await database.open()
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(READERS):
                group.create_task(_one_reader(database, tenants[number:] + tenants[:number], polls, ended))
    finally:
        await database.close()


async def _one_reader(database: Database, tenants: list[UUID], polls: Polls, ended: threading.Event) -> None:
    while not ended.is_set():
        for tenant_id in tenants:
            await polls.look(database, tenant_id)


if __name__ == "__main__":
    run()

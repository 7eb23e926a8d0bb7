"""The servers of the bench `api_read`: ours, and the two that it is measured against. Each runs as its own process.

`python -m tests.benchmarks.api_read_servers KIND PORT`, the warehouse from the environment.
"""

import asyncio
import sys
from datetime import date
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, MediaType, Request, get

import dbt_project
from api import server
from api.database import session_settings
from api.settings import Settings
from api.shape import Shape
from pipelines import contracts
from pipelines.warehouse.connection import Warehouse

PAGE = 90
BYTES = "answer.bytes"


def bare_bytes(warehouse: Warehouse) -> Litestar:
    """A handler that returns the same bytes, and does nothing else."""
    body = (warehouse.home / BYTES).read_bytes()

    @get("/", media_type=MediaType.JSON, sync_to_thread=False)
    def answer() -> bytes:
        return body

    return Litestar([answer], openapi_config=None, logging_config=None)


def bare_asyncpg(warehouse: Warehouse) -> Litestar:
    """A handler with the same statements and isolation: transaction, tenant, rows, structs, bytes. No sign-in."""
    tenant = (warehouse.home / "tenant").read_text()
    settings = Settings()
    shape = Shape(contracts.read(dbt_project.manifest_path(warehouse.home))["bench_daily"])
    columns = ", ".join(shape.shown)
    select = (
        f"select (select version from app.mart_version where mart = $1), {columns} from marts.bench_daily"
        " where day >= $2 and service = $3 order by day, service limit $4"
    )
    begin = f"begin isolation level repeatable read read only; select set_config('app.tenant_id', '{tenant}', true)"
    encoder = msgspec.json.Encoder()
    pool: asyncpg.Pool

    async def open_pool(app: Litestar) -> None:
        nonlocal pool
        pool = await asyncpg.create_pool(
            warehouse.url("api"), min_size=0, max_size=settings.pool_size, server_settings=session_settings(settings)
        )

    @get("/", media_type=MediaType.JSON)
    async def answer(request: Request[Any, Any, Any]) -> bytes:
        asked = request.query_params
        async with pool.acquire() as connection:
            await connection.execute(begin)
            day = date.fromisoformat(asked["day.gte"])
            rows = await connection.fetch(select, "bench_daily", day, asked["service"], int(asked["limit"]) + 1)
            await connection.execute("commit")
        data = [shape.row(*row[1:]) for row in rows[:PAGE]]
        return encoder.encode({"success": True, "data": data, "message": "", "meta": {"version": rows[0][0]}})

    return Litestar([answer], on_startup=[open_pool], openapi_config=None, logging_config=None)


def main(kind: str, port: int) -> None:
    """Serve until SIGTERM, as `api.server` does."""
    warehouse = Warehouse.from_environment()
    if kind == "ours":
        server.run(warehouse, port=port)
    elif kind == "ours without cache":
        server.run(warehouse, port=port, settings=Settings(cache_limit=0))
    else:
        made = {"bytes": bare_bytes, "asyncpg": bare_asyncpg}[kind](warehouse)
        asyncio.run(server.serve(made, "127.0.0.1", port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

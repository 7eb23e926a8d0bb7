"""Reading 90 rows of a mart over HTTP, signed in and under row-level security: kept answers, and first ones.

Each figure is measured against a server that does only what cannot be left out, in turns, on the same cores.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

import dbt_project
from pipelines import accounts, contracts, tenants
from pipelines.publish import publish
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.api_read_servers import BYTES, PAGE
from tests.benchmarks.report import figure, interleaved
from tests.conftest import free_port

TENANTS, SERVICES, DAYS = 50, 4, 3_650  # 730,000 rows
CONNECTIONS, SECONDS, ROUNDS = 32, 1.5, 9
FIRST_DAY = date(2015, 1, 1)
PASSWORD = "bench password, long enough"
COLUMNS = {
    "tenant_id": "uuid", "service": "text", "environment_class": "text", "day": "date", "deployment_count": "bigint",
    "failed_count": "bigint", "lead_time_p50_seconds": "double precision", "lead_time_p90_seconds": "double precision",
    "n": "bigint", "coverage": "double precision", "is_complete": "boolean", "measured_at": "timestamptz",
}  # fmt: skip
ROWS = f"""
select t.tenant_id, 'service-' || s, 'production', '{FIRST_DAY}'::date + d, (d * s) % 17, d % 3,
    case when d % 11 = 0 then null else (d * 7919 + s) % 900000 / 7.0 end, (d * 7919 + s) % 1900000 / 3.0,
    d % 40, (d % 100) / 99.0, d % 2 = 0, '2026-01-01'::timestamptz + d * interval '1 minute'
from app.tenant as t, generate_series(1, {SERVICES}) as s, generate_series(0, {DAYS - 1}) as d
"""


def run() -> list[dict[str, Any]]:
    """Answers a second, in turns."""
    folder = Path(tempfile.mkdtemp(prefix="bench-api-"))
    warehouse = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    try:
        migrate.migrate(warehouse)
        _fill(warehouse)
        return [_repeated(warehouse), _first(warehouse)]
    finally:
        embedded.stop(folder)


def _repeated(warehouse: Warehouse) -> dict[str, Any]:
    with _serving(warehouse, "ours") as port:
        token = _sign_in(port)
        path = f"/api/v1/marts/bench_daily?service=service-1&day.gte=2024-01-01&limit={PAGE}"
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
        (warehouse.home / BYTES).write_bytes(answer.content)
        if len(answer.json()["data"]) != PAGE:
            raise RuntimeError(f"{len(answer.json()['data'])} rows")
        with _serving(warehouse, "bytes") as bare:
            ours, reference = interleaved(
                lambda: _load(port, [_request(path, token)]), lambda: _load(bare, [_request("/")]), ROUNDS
            )
    return figure("api_read", "repeated read", ours, "answers/s", reference=reference, goal=0.5)


def _first(warehouse: Warehouse) -> dict[str, Any]:
    """Every request asks for other rows, and ours keeps no answers."""
    queries = [
        f"service=service-{number % SERVICES + 1}&day.gte={FIRST_DAY + timedelta(days=number)}&limit={PAGE}"
        for number in range(DAYS - PAGE)
    ]
    with _serving(warehouse, "ours without cache") as port, _serving(warehouse, "asyncpg") as bare:
        token = _sign_in(port)
        asked = [_request(f"/api/v1/marts/bench_daily?{query}", token) for query in queries]
        asked_bare = [_request(f"/?{query}") for query in queries]
        ours, reference = interleaved(lambda: _load(port, asked), lambda: _load(bare, asked_bare), ROUNDS)
    return figure("api_read", "first read", ours, "answers/s", reference=reference, goal=0.8)


@contextmanager
def _serving(warehouse: Warehouse, kind: str) -> Iterator[int]:
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_HOME": str(warehouse.home)}
    command = [sys.executable, "-m", "tests.benchmarks.api_read_servers", kind, str(port)]
    with (warehouse.home / f"{kind}.log").open("wb") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(200):
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait(20)


def _load(port: int, requests: list[str]) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.http_load", str(port), str(SECONDS), str(CONNECTIONS)]
    done = subprocess.run(command, input="\n--\n".join(requests), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def _request(path: str, token: str = "") -> str:
    return "\n".join(
        [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *([f"Authorization: Bearer {token}"] if token else [])]
    )


def _sign_in(port: int) -> str:
    body = {"email": "bench@t1.example", "password": PASSWORD}
    answer = httpx.post(f"http://127.0.0.1:{port}/api/v1/auth/login", json=body)
    return str(answer.raise_for_status().json()["data"]["access_token"])


def _fill(warehouse: Warehouse) -> None:
    made = [tenants.create(warehouse, f"t{number}", f"Tenant {number}") for number in range(1, TENANTS + 1)]
    accounts.create_user(warehouse, "bench@t1.example", "Bench", PASSWORD, made[0], "viewer")
    (warehouse.home / "tenant").write_text(str(made[0].tenant_id))
    filters = {"service": ["eq"], "day": ["gte", "lt"]}
    api = {"grain": ["service", "day"], "time_column": "day", "filters": filters, "order": ["day", "service"]}
    columns = {
        name: {"name": name, "data_type": kind, "constraints": [{"type": "not_null"}] if name == "day" else []}
        for name, kind in COLUMNS.items()
    }
    node = {"name": "bench_daily", "resource_type": "model", "config": {"meta": {"api": api}}, "columns": columns}
    manifest = dbt_project.manifest_path(warehouse.home)
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"nodes": {"bench_daily": node}}))
    listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with warehouse.connect("transformer") as connection:
        connection.execute("create schema if not exists build")
        connection.execute(f"create table build.bench_daily ({listed})")
        connection.execute(f"insert into build.bench_daily {ROWS}")
    publish(warehouse, contracts.read(manifest))


if __name__ == "__main__":
    run()

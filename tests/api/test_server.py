"""The server as a process: it starts without a database, rides out its restart, and stops when told."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from api import errors
from api.database import Database
from api.settings import Settings, SettingsInvalid
from pipelines import access_tokens
from pipelines.warehouse import embedded
from pipelines.warehouse.connection import Warehouse
from tests.api.conftest import Served, fill
from tests.conftest import free_port


def start(warehouse: Warehouse, port: int, **more: str) -> subprocess.Popen:
    environment = {
        **os.environ, "DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_HOME": str(warehouse.home),
        "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode(), **more,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "api.server", "--port", str(port)], env=environment, stderr=subprocess.PIPE, text=True
    )


def await_answer(port: int, path: str = "/health", status: int = 200, seconds: float = 90) -> httpx.Response:
    deadline, answer = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=HEADERS, timeout=10)
            if answer.status_code == status:
                return answer
        time.sleep(0.1)
    raise AssertionError(answer and answer.text)


HEADERS: dict[str, str] = {}


@pytest.fixture
def running(warehouse):
    acme, _ = fill(warehouse)
    HEADERS["Authorization"] = f"Bearer {access_tokens.issue(access_tokens.key(warehouse), acme.tenant_id, 'viewer')}"
    port = free_port()
    child = start(warehouse, port)
    await_answer(port)
    yield child, port
    child.kill()
    child.wait()


def test_it_serves_and_stops_when_told(running):
    child, port = running
    assert len(await_answer(port, "/api/v1/marts/readings").json()["data"]) == 90

    child.send_signal(signal.SIGTERM)

    assert child.wait(10) == 0
    lines = [json.loads(line) for line in child.stderr.read().splitlines()]
    assert any(line["event"] == "request" for line in lines)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health")


def test_a_taken_port_is_one_clear_message(running, warehouse):
    _, port = running
    second = start(warehouse, port)

    assert second.wait(20) == 2
    message = second.stderr.read()
    assert f"port {port}" in message
    assert "Traceback" not in message


def test_a_wrong_setting_is_one_clear_message(warehouse):
    child = start(warehouse, free_port(), CORS_ORIGINS="localhost")

    assert child.wait(20) == 2
    message = child.stderr.read()
    assert "CORS_ORIGINS" in message
    assert "Traceback" not in message


def test_a_database_that_restarts_is_waited_for(tmp_path):
    from pipelines.warehouse import home, migrate

    url = embedded.start(tmp_path, free_port())
    warehouse = Warehouse(url, home.secret_key(tmp_path), tmp_path)
    port_of_database = int(warehouse.parts("api")["port"])
    try:
        migrate.migrate(warehouse)
        acme, _ = fill(warehouse)
        HEADERS["Authorization"] = (
            f"Bearer {access_tokens.issue(access_tokens.key(warehouse), acme.tenant_id, 'viewer')}"
        )
        port = free_port()
        child = start(warehouse, port)
        try:
            await_answer(port, "/api/v1/marts/readings")
            embedded.stop(tmp_path)
            away = await_answer(port, "/api/v1/marts/readings?limit=7", 503)
            assert away.json()["error"]["code"] == "DATABASE_UNAVAILABLE"
            assert int(away.headers["retry-after"]) >= 1
            assert await_answer(port, "/health").json() == {"status": "degraded", "database": "unreachable"}
            await_answer(port, "/health/ready", 503)
            embedded.start(tmp_path, port_of_database)
            assert len(await_answer(port, "/api/v1/marts/readings?limit=8").json()["data"]) == 8
            await_answer(port, "/health/ready")
        finally:
            child.kill()
            child.wait()
    finally:
        embedded.stop(tmp_path)


def test_a_full_pool_answers_503_and_recovers(warehouse):
    acme, _ = fill(warehouse)
    settings = Settings(pool_size=2, pool_queue=3, pool_wait=0.3)

    async def flood():
        database = Database(warehouse.url("api"), settings)
        await database.open()

        async def slow():
            async with database.tenant(acme.tenant_id) as connection:
                await connection.fetch("select pg_sleep(0.8)")
                return "served"

        results = await asyncio.gather(*(slow() for _ in range(20)), return_exceptions=True)
        after = await slow()
        await database.close()
        return results, after

    results, after = asyncio.run(flood())
    refused = [each for each in results if isinstance(each, errors.ApiError)]
    assert results.count("served") == 2
    assert len(refused) == 18
    assert {(each.status, each.code) for each in refused} == {(503, "BUSY")}
    assert all(each.headers["Retry-After"] for each in refused)
    assert after == "served"


def test_a_slow_statement_is_ended(warehouse):
    acme, _ = fill(warehouse)

    async def slow():
        database = Database(warehouse.url("api"), Settings(statement_timeout=0.2))
        await database.open()
        try:
            async with database.tenant(acme.tenant_id) as connection:
                await connection.fetch("select pg_sleep(5)")
        except Exception as error:
            return errors.from_exception(error)
        finally:
            await database.close()

    assert asyncio.run(slow()).code == "TOO_SLOW"


def test_many_readers_at_once_each_get_their_own_tenant(fresh: Served):
    tokens = {slug: fresh.token(slug) for slug in ("acme", "globex")}

    def read(number):
        slug = ("acme", "globex")[number % 2]
        headers = {"Authorization": f"Bearer {tokens[slug]}"}
        answer = fresh.client.get(f"/api/v1/marts/readings?limit={number % 37 + 1}", headers=headers)
        return answer.status_code, {row["note"] for row in answer.json()["data"]} == {f"of {slug}"}

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(read, range(300))) == {(200, True)}


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"CORS_ORIGINS": "['x']"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": '["localhost:3000"]'}, "origin"),
        ({"FRONTEND_ORIGIN": "https://app.example/"}, "origin"),
        ({"CLEARSIGNAL_API_POOL": "0"}, "CLEARSIGNAL_API_POOL"),
        ({"CLEARSIGNAL_API_POOL": "٣"}, "CLEARSIGNAL_API_POOL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environment, word):
    with pytest.raises(SettingsInvalid, match=word):
        Settings.from_environment(environment)


def test_settings_are_what_the_environment_says():
    given = {
        "CORS_ORIGINS": '["https://a.example"]',
        "FRONTEND_ORIGIN": "https://b.example",
        "CLEARSIGNAL_DAGSTER_PORT": "3001",
    }
    settings = Settings.from_environment(given)

    assert settings.cors_origins == ("https://b.example", "https://a.example")
    assert settings.dagster_url == "http://127.0.0.1:3001"
    assert Settings.from_environment({}).cors_origins == ("http://localhost:3000", "http://localhost:5173")


def test_importing_the_api_loads_nothing_heavy():
    heavy = "dlt polars pandas pyarrow dagster prophet spacy sqlalchemy alembic duckdb"
    program = f"import sys, api.server; print([name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

"""The whole house for a test: simulator → dlt → dbt → Python assets → publish → API, all of it real."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from orchestration import runs
from pipelines import accounts, connections, demo, load
from pipelines.simulator import server
from pipelines.simulator.company import Charter
from pipelines.warehouse.connection import Warehouse
from tests import parsed
from tests.conftest import free_port

STYLES = {"acme": ("trunk", "Europe/Berlin"), "globex": ("monorepo", "America/New_York"),
          "initech": ("release", "Asia/Kolkata")}  # fmt: skip
PASSWORD = "a password for tests"


class Stack:
    """Companies of one seed, and everything that reads them."""

    def __init__(self, warehouse: Warehouse, simulator: server.Running) -> None:
        self.warehouse, self.simulator = warehouse, simulator
        made = demo.create(warehouse, simulator.url, map(_demo, simulator.world.charters))
        self.tenants = {tenant.slug: tenant for tenant in made}
        for slug, tenant in self.tenants.items():
            accounts.create_user(warehouse, f"analyst@{slug}.example", "Analyst", PASSWORD, tenant, "analyst")

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.simulator.get("/world")["now"])

    def sync(self, *sources: str, sweep: bool = False) -> None:
        """Load what is new. A failed connection fails the test."""
        keys = [tenant.partition_key for tenant in self.tenants.values()]
        for source in sources or connections.SOURCES:
            for outcome in load.sync(self.warehouse, source, keys, now=self.now, sweep=sweep):
                assert outcome.error is None, outcome

    def transform(self, full: bool = False, status: str = "succeeded") -> list[str]:
        """One transform on a real Dagster instance, which must end with this status; returns why steps failed."""
        parsed.parse(self.warehouse)
        with runs.opened(self.warehouse) as opened:
            result = opened.transform(full=full)
        with self.warehouse.connect("transformer") as connection:
            row = connection.execute("select status, message from app.build order by build_id desc limit 1").fetchone()
        assert row is not None
        assert row[0] == status, (row[1], runs.errors(result))
        return runs.errors(result)

    def truth(self, company: str, what: str) -> list[dict[str, Any]]:
        return self.simulator.truth(company, what)


class Api:
    """The API in a process of its own, and one signed-in analyst."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url, self.process = url, process
        self.tokens: dict[str, str] = {}

    def rows(self, slug: str, mart: str, **filters: Any) -> list[dict[str, Any]]:
        """All rows of a mart, page by page."""
        found, cursor = [], None
        while True:
            page = self.get(
                slug, f"/api/v1/marts/{mart}", **filters, limit=1000, **({"cursor": cursor} if cursor else {})
            )
            found += page["data"]
            cursor = page["meta"]["next_cursor"]
            if not cursor:
                return found

    def get(self, slug: str, path: str, **query: Any) -> Any:
        return self.call("GET", f"{path}?{urlencode(query)}", headers={"Authorization": f"Bearer {self.token(slug)}"})

    def token(self, slug: str) -> str:
        if slug not in self.tokens:
            body = {"email": f"analyst@{slug}.example", "password": PASSWORD}
            self.tokens[slug] = self.call("POST", "/api/v1/auth/login", body)["data"]["access_token"]
        return self.tokens[slug]

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode() if body is not None else None,
            {"Content-Type": "application/json", **(headers or {})},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def environment(warehouse: Warehouse) -> dict[str, str]:
    """What another process needs to find this warehouse."""
    return {
        "DATABASE_URL": warehouse.admin_url,
        "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode(),
        "CLEARSIGNAL_HOME": str(warehouse.home),
    }


def _demo(slug: str) -> demo.Demo:
    """What the demo connects such a company to. (The demo's refused token is not what is tested here.)"""
    like = next(each for each in demo.DEMOS if each.slug == slug.partition("-")[0])
    return replace(like, slug=slug, token_is_wrong=False)


def slugs_of(seeds: tuple[int, ...], styles: Iterable[str] = tuple(STYLES)) -> dict[str, tuple[str, int]]:
    """What companies are called, by style, and by seed too where several share a world → their style and seed."""
    return {style if len(seeds) == 1 else f"{style}-{seed}": (style, seed) for seed in seeds for style in styles}


@contextmanager
def companies(
    *seeds: int, days: int = 45, now: str = "2026-06-01T12:00:00Z", slugs: Iterable[str] = tuple(STYLES)
) -> Iterator[server.Running]:
    """The three styles, or those of `slugs`, of each seed, in one world whose clock stands still."""
    charters = [
        Charter(slug, STYLES[style][0], seed, days=days, time_zone=STYLES[style][1])
        for slug, (style, seed) in slugs_of(seeds, slugs).items()
    ]
    with server.running(charters, now=now) as running:
        yield running


@contextmanager
def served(warehouse: Warehouse, checkout: Path | None = None) -> Iterator[Api]:
    """The API of this warehouse on a free port, by the code of another checkout where one is given."""
    place = {"PYTHONPATH": str(checkout)} if checkout else {}
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.server", "--port", str(port)],
        env={**os.environ, **environment(warehouse), **place},
        cwd=checkout,
        stdout=subprocess.DEVNULL,
    )
    api = Api(f"http://127.0.0.1:{port}", process)
    try:
        for _ in range(200):
            try:
                api.call("GET", "/health")
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, "the API ended at its start"
                time.sleep(0.1)
        yield api
    finally:
        process.terminate()
        process.wait(timeout=20)

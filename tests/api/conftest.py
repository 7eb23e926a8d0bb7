"""A warehouse with two tenants, two hand-written marts published by the real publish step, and the API over it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar.testing import TestClient

import dbt_project
from api.app import create
from api.services import Services
from api.settings import Settings
from pipelines import accounts, contracts, tenants
from pipelines.publish import publish
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests import parsed
from tests.conftest import unmade

PASSWORD = "correct horse battery staple"
FIRST_DAY = date(2026, 1, 1)
READINGS = {
    "grain": ["service", "day"],
    "time_column": "day",
    "order": ["day", "service"],
    "filters": {
        "service": ["eq", "ne", "in"],
        "day": ["eq", "gt", "gte", "lt", "lte"],
        "rate": ["gt", "lt"],
        "note": ["eq"],
        "labels": ["eq"],
        "n": ["eq", "in", "gte"],
        "is_late": ["eq"],
        "seen_at": ["gte", "lt"],
    },
}
READING_COLUMNS = {
    "tenant_id": ("uuid", "The tenant.", {}),
    "service": ("text", "Which service.", {}),
    "day": ("date", "Day in the tenant's zone.", {}),
    "n": ("bigint", "How many.", {"unit": "count"}),
    "rate": ("double precision", "Share of failures; null where nothing ran.", {"unit": "ratio"}),
    "price": ("numeric", "What it cost.", {"unit": "USD"}),
    "note": ("text", "What people wrote.", {}),
    "labels": ("text[]", "Labels.", {}),
    "is_late": ("boolean", "Whether it came late.", {}),
    "seen_at": ("timestamp with time zone", "When it was seen.", {}),
    "extra": ("jsonb", "Anything else.", {}),
}
THINGS = {
    "grain": ["thing_id"],
    "order": ["-created_at"],
    "filters": {"thing_id": ["eq"], "id": ["eq"], "title": ["eq"]},
}
THING_COLUMNS = {
    "tenant_id": ("uuid", "The tenant.", {}),
    "thing_id": ("uuid", "Its id.", {}),
    "id": ("uuid", "The same id.", {}),
    "title": ("text", "Its title.", {"personal": True}),
    "created_at": ("timestamp with time zone", "When it was made.", {}),
}


@dataclass
class Served:
    """The application under test, with its tenants."""

    client: TestClient
    warehouse: Warehouse
    acme: Tenant
    globex: Tenant
    services: Services
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def token(self, slug: str = "acme", role: str = "admin") -> str:
        """An access token after a real sign-in, once for each user."""
        if (slug, role) not in self.tokens:
            self.tokens[slug, role] = self.sign_in(slug, role)["access_token"]
        return self.tokens[slug, role]

    def after_half_a_minute(self) -> None:
        """What was known about callers is asked again."""
        self.services.callers._remembered.clear()

    def sign_in(self, slug: str = "acme", role: str = "admin", **more: Any) -> dict[str, Any]:
        """What a sign-in answers."""
        answer = self.client.post(
            "/api/v1/auth/login", json={"email": f"{role}@{slug}.example", "password": PASSWORD, **more}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def get(self, path: str, slug: str = "acme", role: str = "admin", **options: Any) -> Any:
        """GET as a user of a tenant."""
        headers = {"Authorization": f"Bearer {self.token(slug, role)}", **options.pop("headers", {})}
        return self.client.get(path, headers=headers, **options)

    def post(self, path: str, slug: str = "acme", role: str = "admin", **options: Any) -> Any:
        """POST as a user of a tenant."""
        headers = {"Authorization": f"Bearer {self.token(slug, role)}", **options.pop("headers", {})}
        return self.client.post(path, headers=headers, **options)


def write_manifest(home: Path, marts: dict[str, tuple[dict, dict]]) -> None:
    """A manifest of the shape that dbt writes."""
    nodes = {}
    for name, (api, columns) in marts.items():
        required = {"tenant_id", *api["grain"]}
        nodes[f"model.clearsignal.{name}"] = {
            "name": name,
            "resource_type": "model",
            "description": f"{name.capitalize()} of the test.",
            "fqn": ["clearsignal", "marts", "operations", name],
            "config": {"meta": {"api": api}},
            "columns": {
                column: {
                    "name": column,
                    "data_type": kind,
                    "description": words,
                    "meta": meta,
                    "constraints": [{"type": "not_null"}] if column in required else [],
                }
                for column, (kind, words, meta) in columns.items()
            },
        }
    path = dbt_project.manifest_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nodes": nodes}))


def build(warehouse: Warehouse, name: str, columns: dict, rows: list[tuple]) -> None:
    """What dbt would have left in schema build."""
    listed = ", ".join(f'"{column}" {kind}' for column, (kind, *_) in columns.items())
    with warehouse.connect("transformer") as connection:
        connection.execute("create schema if not exists build")
        connection.execute(f"drop table if exists build.{name}")
        connection.execute(f"create table build.{name} ({listed})")
        marks = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(f"insert into build.{name} values ({marks})", rows)


def readings(tenant_id: UUID, count: int = 90, note: str = "fine") -> list[tuple]:
    """One row a day and service, some values missing."""
    rows = []
    for number in range(count):
        day = FIRST_DAY + timedelta(days=number // 3)
        rate = None if number % 5 == 0 else number / 100
        seen = None if number % 7 == 0 else f"2026-01-01 00:00:{number % 60:02}+00"
        extra = json.dumps({"n": number, "text": "ü"})
        service = ("shop", "search", "billing")[number % 3]
        labels = ["even" if number % 2 == 0 else "odd", note]
        rows.append((tenant_id, service, day, number, rate, number / 4, note, labels, number % 2 == 0, seen, extra))
    return rows


def publish_all(warehouse: Warehouse) -> None:
    """Publish what is built."""
    publish(warehouse, contracts.read(dbt_project.manifest_path(warehouse.home)))


MARTS = {"readings": (READINGS, READING_COLUMNS), "things": (THINGS, THING_COLUMNS)}


def fill(warehouse: Warehouse) -> tuple[Tenant, Tenant]:
    """Two tenants with users of every role, and their marts."""
    write_manifest(warehouse.home, MARTS)
    made = [tenants.create(warehouse, slug, slug.capitalize()) for slug in ("acme", "globex")]
    stored = accounts.hash_password(PASSWORD)
    for tenant in made:
        for role in ("viewer", "analyst", "editor", "admin"):
            accounts.create_user(warehouse, f"{role}@{tenant.slug}.example", role, None, tenant, role)
    with warehouse.connect("loader") as connection:
        connection.execute('update app."user" set password_hash = %s', [stored])  # hashing eight times would be slow
    rows = [row for tenant in made for row in readings(tenant.tenant_id, note=f"of {tenant.slug}")]
    build(warehouse, "readings", READING_COLUMNS, rows)
    build(warehouse, "things", THING_COLUMNS, [_thing(tenant, number) for tenant in made for number in range(5)])
    publish_all(warehouse)
    return made[0], made[1]


def _thing(tenant: Tenant, number: int) -> tuple:
    key = UUID(int=tenant.tenant_id.int ^ number)
    return tenant.tenant_id, key, key, f"thing {number} of {tenant.slug}", f"2026-01-0{number + 1} 12:00:00+00"


def serve(warehouse: Warehouse, acme: Tenant, globex: Tenant, settings: Settings | None = None) -> Iterator[Served]:
    """The application, started and stopped."""
    application = create(warehouse, settings or Settings(dagster_url="http://127.0.0.1:9"))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield Served(client, warehouse, acme, globex, application.app.state.services)


@pytest.fixture(scope="module")
def served(shared_warehouse: Warehouse) -> Iterator[Served]:
    """One application for the tests of a module that only read."""
    yield from serve(shared_warehouse, *fill(shared_warehouse))


@pytest.fixture
def fresh(warehouse: Warehouse) -> Iterator[Served]:
    """An application of its own, for a test that changes what is published or how it is served."""
    yield from serve(warehouse, *fill(warehouse))


class Built:
    """Builds and publishes the mart of readings."""

    readings = staticmethod(readings)

    def publish(self, warehouse: Warehouse, rows: list[tuple], columns: dict | None = None) -> None:
        """These rows, and no others, become the mart."""
        build(warehouse, "readings", columns or READING_COLUMNS, rows)
        publish_all(warehouse)

    def reshape(self, warehouse: Warehouse, rows: list[tuple], **added: tuple) -> None:
        """A mart of another contract takes its place."""
        columns = {**READING_COLUMNS, **added}
        write_manifest(warehouse.home, {**MARTS, "readings": (READINGS, columns)})
        self.publish(warehouse, rows, columns)


@pytest.fixture
def built() -> Built:
    """For tests that publish again."""
    return Built()


@pytest.fixture(scope="session")
def manifest(postgres: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's own manifest of this checkout."""
    return parsed.manifest_path(unmade(postgres, tmp_path_factory.mktemp("dbt")))


@pytest.fixture(scope="module")
def real(shared_warehouse: Warehouse, manifest: Path) -> Iterator[Served]:
    """The API over the project's own marts."""
    from tests.api import real_contracts

    yield from serve(shared_warehouse, *real_contracts.publish_empty(shared_warehouse, manifest))

"""Connections: parsed by type, secrets kept apart, addresses checked."""

import json
from pathlib import Path

import pytest

from pipelines import base_urls, connection_changes, stored_connections, tenants
from pipelines.connections import InvalidConnection, parse
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.sources.clones import Clone

GITHUB = {"source": "github", "organization": "acme", "token": "canary-token"}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"source": "github", "organization": "acme"}, "token"),
        ({"source": "gitlab"}, "gitlab"),
        ({"source": "github", "token": "x"}, "repositories or an organization"),
        ({"source": "github", "token": "x", "repositories": ["no slash"]}, "repositories"),
        ({**GITHUB, "is_admin": True}, "is_admin"),
        ({**GITHUB, "token": ""}, "token|empty"),
        ({"source": "exchange_rates", "provider": "mine"}, "provider"),
        ({}, "source"),
    ],
)
def test_a_config_that_fits_no_kind_is_refused_by_its_field(config: dict, named: str) -> None:
    with pytest.raises(InvalidConnection, match=named):
        parse(config)


def test_a_secret_does_not_print() -> None:
    assert "canary" not in repr(parse(GITHUB))


@pytest.mark.parametrize(
    "url",
    ["http://api.github.com", "https://127.0.0.1/", "https://localhost", "https://169.254.169.254/latest", "ftp://x",
     "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://10.0.0.8", "https://user:pw@example.com", "https://0x7f.1",
     "https://metadata.google.internal", "https://2130706433/", "file:///etc/passwd", "https://", "", "https://h:99999"],
)  # fmt: skip
def test_an_address_inside_is_refused(url: str) -> None:
    with pytest.raises(base_urls.AddressRefused):
        base_urls.check(url, allow_private=False)


def test_the_operator_can_allow_an_address_inside() -> None:
    base_urls.check("http://127.0.0.1:8100/github", allow_private=True)


def test_a_clone_is_the_operators_to_connect(warehouse: Warehouse, tmp_path: Path) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    config = {"source": "git", "path": str(Clone(tmp_path / "shop").path)}

    with pytest.raises(InvalidConnection, match="only the operator"):
        stored_connections.add(warehouse, tenant, "shop", config)
    stored = stored_connections.add(warehouse, tenant, "shop", config, allow_private=True)

    assert (stored.connection.repository, stored.connection.base_url) == ("local/shop", f"file://{tmp_path}/shop")
    assert stored_connections.of(warehouse, tenant, "git") == [stored]


@pytest.mark.parametrize(
    ("path", "named"), [("shop", "path"), ("/nowhere/at/all", "no such folder"), ("/", "not a git")]
)
def test_what_is_no_clone_is_refused(path: str, named: str) -> None:
    with pytest.raises(InvalidConnection, match=named):
        connection_changes.clone_facts({"source": "git", "path": path})


def test_secrets_are_encrypted_at_rest_and_come_back(warehouse: Warehouse) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    stored_connections.add(warehouse, tenant, "main", {**GITHUB, "base_url": "http://127.0.0.1:1"}, allow_private=True)

    with warehouse.connect("loader") as database:
        config, sealed = database.execute("select config, secrets from app.connection").fetchone() or ({}, b"")
    assert "canary" not in json.dumps(config) and b"canary" not in bytes(sealed)
    (stored,) = stored_connections.of(warehouse, tenant, "github")
    assert (stored.connection.token, stored.connection.organization) == ("canary-token", "acme")


def test_a_connection_of_the_same_name_is_changed_in_place(warehouse: Warehouse) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    first = stored_connections.add(
        warehouse, tenant, "main", {**GITHUB, "base_url": "http://127.0.0.1:1"}, allow_private=True
    )
    second = stored_connections.add(
        warehouse, tenant, "main", {**GITHUB, "base_url": "http://127.0.0.1:2"}, allow_private=True
    )
    assert first.connection_id == second.connection_id
    assert [one.connection.base_url for one in stored_connections.of(warehouse, tenant)] == ["http://127.0.0.1:2"]

"""A folder of recorded answers becomes a tenant's data: served by a simulator of its own, read like any source."""

import contextlib
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration import ports
from orchestration.processes import Children
from pipelines import stored_connections, tenants
from pipelines.configuration import stored
from pipelines.configuration.kinds import KINDS, InvalidConfiguration
from pipelines.connection_changes import Author
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse

START_SECONDS = 40.0
PAUSED = "replayed: recorded answers do not change"
RULES = KINDS["deployment_rules"]


class ReplayInvalid(Exception):
    """The folder, or its replay.toml, cannot be replayed. The message says why and what to do."""


@dataclass
class Recording:
    """One served folder and the tenant whose data it becomes. `now`: the instant that counts as now, ISO 8601."""

    tenant: Tenant
    sources: tuple[str, ...]
    now: str | None
    warnings: list[str] = field(default_factory=list)


@contextlib.contextmanager
def served(
    warehouse: Warehouse, folder: Path, tenant: str, time_zone: str | None, config: Path | None
) -> Iterator[Recording]:
    """Serve the folder and connect the tenant (made where it is new) to it, for as long as the block lasts.

    Afterwards the connections are paused, so that no schedule asks for them. Raises ReplayInvalid.
    """
    if not folder.is_dir():
        raise ReplayInvalid(f"there is no folder {folder}. Do: name one with <source>/<resource>.jsonl files.")
    if config is not None and not config.is_file():
        raise ReplayInvalid(f"there is no file {config}. Do: name a replay.toml, or leave --config out.")
    with _simulator(warehouse) as address:
        found = _announce(address, folder, config)
        if not found["sources"]:
            raise ReplayInvalid(f"{folder} holds no recorded answers. Do: put <source>/<resource>.jsonl into it.")
        rules = _rules(found["config"])
        zone = time_zone or found["config"].get("timezone") or "UTC"
        owner = _tenant(warehouse, tenant, zone)
        _connect(warehouse, owner, found, address)
        _apply_rules(warehouse, owner, rules)
        try:
            yield Recording(owner, tuple(found["sources"]), found.get("now"), found.get("warnings") or [])
        finally:
            _pause(warehouse, owner, found["slug"], is_paused=True)


@contextlib.contextmanager
def _simulator(warehouse: Warehouse) -> Iterator[str]:
    """A simulator of this replay alone, so that the stack's need not run."""
    children, port, name = Children(warehouse.home), ports.free_port(), f"replay-{os.getpid()}"
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "orchestration.cli", "simulate", "--port", str(port), "--state", state]
        child = children.start(name, command, os.environ)
        try:
            deadline = time.monotonic() + START_SECONDS
            while ports.is_free(port):
                if child.poll() is not None or time.monotonic() > deadline:
                    raise ReplayInvalid(f"the simulator did not start. Do: read {children.logs / name}.log.")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            children.stop_all([name])


def _announce(address: str, folder: Path, config: Path | None) -> dict[str, Any]:
    body = {"folder": str(folder.resolve()), "config": str(config.resolve()) if config else None}
    request = urllib.request.Request(
        f"{address}/world/replays", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode(errors="replace")
        with contextlib.suppress(ValueError, KeyError):
            said = json.loads(said)["message"]
        raise ReplayInvalid(f"{said}. Do: correct the recording.") from None


def _tenant(warehouse: Warehouse, name: str, time_zone: str) -> Tenant:
    try:
        return tenants.find(warehouse, name)
    except tenants.UnknownTenant:
        slug = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in name.lower()).split())
        return tenants.create(warehouse, slug, name, time_zone)


def _connect(warehouse: Warehouse, tenant: Tenant, found: dict[str, Any], address: str) -> None:
    slug = found["slug"]
    for source in found["sources"]:
        config: dict[str, Any] = {"source": source, "base_url": f"{address}/{source}"}
        if source == "github":
            config |= {
                "token": "replay",
                "repositories": found["repositories"],
                "api": "rest",
            }  # recordings are partial
        elif source == "jira":
            config |= {"base_url": f"{address}/jira/{slug}", "email": "replay@example.com", "token": "replay"}
        elif source == "hubspot":
            config |= {"base_url": f"{address}/hubspot/{slug}", "token": "replay"}
        elif source == "gdelt":
            config |= {"pace_seconds": 0}
        elif source == "open_meteo":
            config |= {"archive_url": f"{address}/open_meteo"}
        elif source == "geonames":
            config |= {"username": "replay"}
        stored_connections.add(warehouse, tenant, f"replay {slug}", config, allow_private=True)
    _pause(warehouse, tenant, slug, is_paused=False)


def _pause(warehouse: Warehouse, tenant: Tenant, slug: str, is_paused: bool) -> None:
    with warehouse.connect("loader") as database:
        database.execute(
            "update app.connection set is_paused = %s, paused_reason = %s where tenant_id = %s and name = %s",
            [is_paused, PAUSED if is_paused else None, tenant.tenant_id, f"replay {slug}"],
        )


def _rules(config: dict[str, Any]) -> list[dict[str, Any]]:
    """What replay.toml says about deployments. Raises ReplayInvalid, before anything is written."""
    given = config.get("deployments") or []
    rules = [
        {
            "origin": rule.get("from", "deployments"), "repository": rule.get("repository", "*"),
            "pattern": rule.get("tag") or rule.get("name") or "*", "environment": rule.get("environment"),
            "service": rule.get("service"), "is_deployment": rule.get("is_deployment", True),
        }
        for rule in (given if isinstance(given, list) else [given])
    ]  # fmt: skip
    try:
        RULES.parse(rules)
    except InvalidConfiguration as error:
        raise ReplayInvalid(f"replay.toml: deployments, {error.field}: {error}") from None
    return rules


def _apply_rules(warehouse: Warehouse, tenant: Tenant, rules: list[dict[str, Any]]) -> None:
    """The rules replace the tenant's, which touches all its groups. Without any, the tenant keeps its own."""
    if rules:
        with warehouse.connect("loader") as database:
            stored.put(database, Author(tenant.tenant_id), RULES, rules, "as replay.toml says")

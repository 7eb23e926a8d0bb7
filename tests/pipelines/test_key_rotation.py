"""Another secret key: everything opens with the new one, nothing with the old one, wherever the change was cut off."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from orchestration.commands.secret_key import rotate_key
from pipelines import key_rotation, stored_connections, tenants
from pipelines.connection_changes import SEALED
from pipelines.key_rotation import RotationRefused
from pipelines.warehouse import embedded, home, migrate, roles
from pipelines.warehouse.connection import ROLES, Warehouse
from tests.conftest import free_port

NEW = b"a new key of more than 16 characters"
HASHES = {"session.refresh_hash", "session.previous_hash", "sign_in_code.code_hash", "response_cache.request_hash"}
BODIES = {"response_cache.body"}
CONFIG = {"source": "github", "repositories": ["a/b"], "token": "hush-token", "webhook_secret": "hush-signing-words"}
# Dies by kill -9 where the argument says.
KILLED = """
import importlib, os, signal, sys
owner, _, name = sys.argv[1].rpartition(".")
setattr(importlib.import_module(owner), name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from orchestration.cli import main
main(["rotate-key"])
"""


def fill(warehouse: Warehouse) -> None:
    """A connection with both secrets, one without any, an open session."""
    tenant = tenants.create(warehouse, "acme", "Acme", "UTC")
    stored_connections.add(warehouse, tenant, "main", CONFIG)
    stored_connections.add(warehouse, tenant, "main", {"source": "open_meteo"})
    with warehouse.connect("loader") as database:
        database.execute(
            """
            with u as (insert into app.user (email) values ('me@example.com') returning user_id)
            insert into app.session (tenant_id, user_id, family_id, refresh_hash, expires_at)
            select %s, user_id, gen_random_uuid(), 'x', now() + interval '1 day' from u
            """,
            [tenant.tenant_id],
        )


def secrets(warehouse: Warehouse) -> tuple[str, ...]:
    """What a sync under this key is given."""
    return stored_connections.of(warehouse, tenants.find(warehouse, "acme"), "github")[0].secrets


def query(warehouse: Warehouse, text: str) -> list[tuple[object, ...]]:
    with warehouse.connect("loader") as database:
        return database.execute(text).fetchall()  # type: ignore[arg-type]


def test_no_encrypted_column_is_forgotten(warehouse: Warehouse) -> None:
    with warehouse.connect_as_administrator() as database:
        found = database.execute(
            "select table_name || '.' || column_name from information_schema.columns"
            " where table_schema in ('app', 'ml') and data_type = 'bytea'"
        ).fetchall()

    assert {name for (name,) in found} == HASHES | BODIES | {f"connection.{column}" for column in SEALED}


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """A home folder with a filled embedded server of its own, since its administrator's password changes."""
    warehouse = Warehouse(embedded.start(tmp_path, free_port()), home.secret_key(tmp_path), tmp_path)
    migrate.migrate(warehouse)
    fill(warehouse)
    yield tmp_path
    embedded.stop(tmp_path)


def test_a_change_that_was_killed_is_finished_by_the_next(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARSIGNAL_HOME", str(own_home))
    before = Warehouse.from_environment()

    kill_at("pipelines.warehouse.roles.set_password")  # within the transaction
    assert secrets(before) == ("hush-token", "hush-signing-words")
    with pytest.raises(home.HomeUnusable, match="Do: clearsignal rotate-key"):
        Warehouse.from_environment()
    kill_at("pipelines.warehouse.home.adopt_next_key")  # after the commit
    embedded.stop(own_home)
    finished = run()

    assert finished.exit_code == 0, finished.output
    with pytest.raises(embedded.AnotherKey, match="Do: "):
        embedded.start(own_home, free_port(), before.secret_key)
    embedded.start(own_home, free_port())
    after = Warehouse.from_environment()
    old = Warehouse(after.admin_url, before.secret_key, own_home)
    assert secrets(after) == ("hush-token", "hush-signing-words")
    for role in ROLES:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(old.dagster_url if role == "dagster" else old.url(role))
        psycopg.connect(after.dagster_url if role == "dagster" else after.url(role)).close()
    (kept,) = own_home.glob("secret.key.until-*")
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (before.secret_key, 0o600)
    assert not (own_home / home.NEXT_KEY).exists()
    assert query(after, "select count(*) from app.session where revoked_at is null") == [(0,)]
    assert query(after, "select action, version from app.audit_entry order by entry_id") == [
        ("create", 1), ("create", 1), ("rotate_key", 1)
    ]  # fmt: skip


def kill_at(place: str) -> None:
    command = [sys.executable, "-c", KILLED, place]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def run(given: str = "") -> Result:
    return CliRunner().invoke(rotate_key, input=given)


@pytest.fixture
def external(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """A filled database of DATABASE_URL, where CLEARSIGNAL_SECRET_KEY is the new key already."""
    fill(warehouse)
    monkeypatch.setenv("CLEARSIGNAL_HOME", str(warehouse.home))
    monkeypatch.setenv("DATABASE_URL", warehouse.admin_url)
    monkeypatch.setenv("CLEARSIGNAL_SECRET_KEY", NEW.decode())
    yield warehouse
    roles.ensure(warehouse)  # roles are the whole server's, and other tests use them


def test_the_key_of_the_environment_is_changed_once(external: Warehouse) -> None:
    done, again = run(external.secret_key.decode()), run(external.secret_key.decode())

    assert "2 secrets of 1 connections" in done.output
    assert secrets(Warehouse.from_environment()) == ("hush-token", "hush-signing-words")
    assert "already" in again.output
    assert "hush" not in done.output + again.output


def test_a_wrong_key_or_a_program_that_runs_changes_nothing(
    external: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = run("some other key of 32 characters.")
    monkeypatch.setattr(key_rotation, "PATIENCE_SECONDS", 0.2)
    with external.connect("loader"):
        in_use = run(external.secret_key.decode())

    assert isinstance(wrong.exception, RotationRefused)
    assert "opens neither" in str(wrong.exception)
    assert isinstance(in_use.exception, RotationRefused)
    assert "clearsignal_loader (1)" in str(in_use.exception)
    assert secrets(external) == ("hush-token", "hush-signing-words")
    assert query(external, "select count(*) from app.session where revoked_at is null") == [(1,)]


def test_a_refusal_leaves_the_key_file_as_it_is(external: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEARSIGNAL_SECRET_KEY")
    key = home.secret_key(external.home)  # not the key of the stored secrets

    assert isinstance(run().exception, RotationRefused)
    assert home.secret_key(external.home) == key

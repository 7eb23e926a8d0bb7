"""The command line: one message that says what, why and what to do; the right exit code; no stack trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import cli
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.sources.clones import Clone


def clearsignal(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CLEARSIGNAL_HOME": str(home), **variables}
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr + done.stdout


def test_without_a_database_every_command_says_what_to_do(tmp_path: Path):
    done = clearsignal(tmp_path, "tenant", "list")

    assert done.returncode == 2
    assert "the embedded database is not running. Do: make up" in said(done)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:secret-word@localhost/x", "is not a PostgreSQL address"),
        ("postgresql://u:secret-word@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_database_url_that_does_not_work_is_explained_without_its_password(tmp_path: Path, url: str, message: str):
    done = clearsignal(tmp_path, "up", DATABASE_URL=url)

    assert done.returncode == 2
    assert message in said(done)
    assert "Do:" in said(done)
    assert "secret-word" not in said(done)


def test_a_source_that_there_is_not_is_refused_before_anything_begins(tmp_path: Path):
    done = clearsignal(tmp_path, "sync", "--source", "gitlab")

    assert done.returncode == 2
    assert "'gitlab' is not one of 'github'" in said(done)


def test_a_home_folder_that_cannot_be_made_is_explained(tmp_path: Path):
    (tmp_path / "file").write_text("")

    done = clearsignal(tmp_path / "file" / "home", "status")

    assert done.returncode == 2
    assert "Do: set CLEARSIGNAL_HOME" in said(done)


def test_a_busy_port_that_was_asked_for_ends_the_start(tmp_path: Path, postgres: Warehouse):
    port = postgres.parts("owner")["port"]

    done = clearsignal(tmp_path, "up", CLEARSIGNAL_API_PORT=port)

    assert done.returncode == 2
    assert f"port {port} is held by" in said(done)
    assert not list((tmp_path / "run").glob("*.json"))


def test_status_of_nothing_exits_with_2(tmp_path: Path):
    done = clearsignal(tmp_path, "status", "--json")

    assert done.returncode == 2
    assert '"answers": false' in done.stdout


def test_an_unknown_tenant_and_an_unknown_command_exit_with_2(warehouse: Warehouse):
    url = {"DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode()}

    unknown = clearsignal(warehouse.home, "token", "--tenant", "nobody", **url)

    assert unknown.returncode == 2
    assert "There is no tenant 'nobody'" in said(unknown)
    assert clearsignal(warehouse.home, "nonsense", **url).returncode == 2


def test_tenants_users_and_connections_are_made_and_listed(warehouse: Warehouse):
    url = {"DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode()}

    made = clearsignal(warehouse.home, "tenant", "add", "Real Company", "--time-zone", "Europe/Paris", **url)
    connect = [
        "connection",
        "add",
        "github",
        "--tenant",
        "real-company",
        "--set",
        "repositories=a/b,a/c",
        "--set",
        "token=hush-hush",
    ]
    connected = clearsignal(warehouse.home, *connect, **url)
    malformed = clearsignal(
        warehouse.home, "connection", "add", "github", "--tenant", "real-company", "--set", "token=x", **url
    )
    source = Clone(warehouse.home / "source")
    source.commit("root", a="a")
    source.commit("next", a="b")
    shallow = source.cloned(warehouse.home / "shop", "--depth=1")
    cloned = clearsignal(warehouse.home, "connection", "add", "git", "--path", str(shallow.path), **url)
    listed = clearsignal(warehouse.home, "connection", "list", "--json", **url)

    assert made.returncode == 0, said(made)
    assert connected.returncode == 0, said(connected)
    assert cloned.returncode == 0, said(cloned)
    assert "a shallow clone: the parents of its 1 oldest commits are unknown" in said(cloned)
    assert f"file://{shallow.path}" in listed.stdout
    assert malformed.returncode == 2
    assert "needs repositories or an organization" in said(malformed)
    assert '"source": "github"' in listed.stdout
    assert "hush-hush" not in said(connected) + said(listed)


def test_what_nobody_foresaw_goes_to_a_named_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    try:
        {}["absent"]
    except KeyError as error:
        code = cli.explain(error, lambda: tmp_path)

    said = capsys.readouterr().err
    assert code == 1
    assert "Traceback" not in said
    named = said.partition("Do: read ")[2].partition(",")[0]
    assert "KeyError" in Path(named).read_text()

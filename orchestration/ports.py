"""Which port each service gets: the one that was asked for, the remembered one, the default, or the next free one."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

DEFAULTS = {"API": 8000, "DAGSTER": 3000, "SIMULATOR": 8100, "DATABASE": 5433}
HOST = "127.0.0.1"
TRIES = 200


class PortTaken(Exception):
    """A port that was asked for is held by another program. The message names it and says what to do."""


def choose(home: Path, environ: Mapping[str, str] = os.environ, running_database: int | None = None) -> dict[str, int]:
    """A free port for each service, remembered in ports.json of the home folder. Raises PortTaken.

    A database that runs already (an earlier start was killed) keeps its port.
    """
    path = home / "ports.json"
    remembered = _remembered(path)
    chosen: dict[str, int] = {}
    for name, default in DEFAULTS.items():
        variable = f"CLEARSIGNAL_{name}_PORT"
        asked = environ.get(variable, "").strip()
        if name == "DATABASE" and running_database:
            chosen[name] = running_database
        elif asked:
            chosen[name] = _asked_for(variable, asked)
        else:
            chosen[name] = _next_free(remembered.get(name, default), set(chosen.values()))
    path.write_text(json.dumps(chosen))
    return chosen


def remembered(home: Path) -> dict[str, int]:
    """The ports of the last start."""
    return {**DEFAULTS, **_remembered(home / "ports.json")}


def is_free(port: int) -> bool:
    """Whether we could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Any free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> str:
    """The program that listens on a port, as far as this account may know."""
    inodes = _listening_inodes(port)
    for entry in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            links = {str(link.readlink()) for link in (entry / "fd").iterdir()}
        except OSError:
            continue
        if links & inodes:
            return f"{(entry / 'comm').read_text().strip()} (pid {entry.name})"
    return "another program"


def _asked_for(variable: str, asked: str) -> int:
    if not (asked.isascii() and asked.isdigit() and 0 < int(asked) < 65536):
        raise PortTaken(f"{variable} is {asked!r}, which is no port. Do: use a number from 1 to 65535.")
    port = int(asked)
    if not is_free(port):
        raise PortTaken(f"port {port} is held by {holder(port)}. Do: {variable}={_next_free(port + 1, set())} make up.")
    return port


def _next_free(first: int, taken: set[int]) -> int:
    for port in range(first, min(first + TRIES, 65536)):
        if port not in taken and is_free(port):
            return port
    raise PortTaken(
        f"no port from {first} on is free. Do: stop other programs, or set the CLEARSIGNAL_…_PORT variables."
    )


def _remembered(path: Path) -> dict[str, int]:
    try:
        return {name: int(port) for name, port in json.loads(path.read_text()).items() if name in DEFAULTS}
    except (OSError, ValueError, AttributeError):
        return {}


def _listening_inodes(port: int) -> set[str]:
    wanted, found = f":{port:04X}", set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                found.add(f"socket:[{fields[9]}]")
    return found


def addresses(ports_in_use: Mapping[str, int]) -> dict[str, str]:
    """Where each service answers."""
    api, dagster = f"http://127.0.0.1:{ports_in_use['API']}", f"http://127.0.0.1:{ports_in_use['DAGSTER']}"
    return {"api": api, "dagster": dagster, "docs": f"{api}/docs", "definitions": f"{api}/definitions"}

"""Ports: the one that was asked for or a message; else the remembered, the default, or the next free one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration import ports


@contextmanager
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_busy_port_that_was_asked_for_is_refused_with_its_holder_named(tmp_path: Path):
    with taken() as port, pytest.raises(ports.PortTaken) as refused:
        ports.choose(tmp_path, {"CLEARSIGNAL_API_PORT": str(port)})

    assert f"port {port} is held by" in str(refused.value)
    assert "Do: CLEARSIGNAL_API_PORT=" in str(refused.value)


def test_a_busy_default_gives_the_next_free_port_and_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with taken() as port:
        monkeypatch.setitem(ports.DEFAULTS, "API", port)
        chosen = ports.choose(tmp_path, {})

    assert chosen["API"] > port
    assert ports.remembered(tmp_path)["API"] == chosen["API"]
    assert ports.choose(tmp_path, {})["API"] == chosen["API"]


def test_a_database_that_still_runs_keeps_its_port(tmp_path: Path):
    with taken() as port:
        assert ports.choose(tmp_path, {}, running_database=port)["DATABASE"] == port


@pytest.mark.parametrize("given", ["http", "0", "65536", "-1", "８０"])
def test_what_is_no_port_is_refused(tmp_path: Path, given: str):
    with pytest.raises(ports.PortTaken, match="is no port"):
        ports.choose(tmp_path, {"CLEARSIGNAL_API_PORT": given})


def test_no_two_services_get_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ports.DEFAULTS:
        monkeypatch.setitem(ports.DEFAULTS, name, 23456)

    assert len(set(ports.choose(tmp_path, {}).values())) == len(ports.DEFAULTS)

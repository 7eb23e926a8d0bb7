"""Child processes of `make up`: started in groups of their own, written down, and ended to the last grandchild."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 12.0  # how long a child may take before it is killed


@dataclass(frozen=True)
class Record:
    """What the file of a running child says. `born` tells a reused process id from ours."""

    name: str
    pid: int
    born: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return birth(self.pid) == self.born


class Children:
    """The processes of one home folder, each with a record in `run/` that outlives us."""

    def __init__(self, home: Path):
        self.records = home / "run"
        self.logs = home / "logs"
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a child whose output goes to logs/<name>.log."""
        self.records.mkdir(exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the children in order
                preexec_fn=reset_signals,
            )
        self._write(name, child.pid)
        self._started[name] = child
        return child

    def adopt(self, name: str, pid: int) -> None:
        """Write down a process that somebody else started, such as ourselves."""
        self.records.mkdir(exist_ok=True)
        self._write(name, pid)

    def ended(self) -> dict[str, int]:
        """Children that are no more, with their exit codes."""
        return {name: code for name, child in self._started.items() if (code := child.poll()) is not None}

    def recorded(self) -> list[Record]:
        """Every child that was written down, by us or by a start before us."""
        found = []
        for path in sorted(self.records.glob("*.json")):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                found.append(Record(**json.loads(path.read_text())))
        return found

    def stop(self, record: Record, seconds: float = STOP_SECONDS) -> bool:
        """End one child and its group: politely, then for good. True if it was alive."""
        was_alive = record.is_alive
        if was_alive:
            _signal_group(record.pid, signal.SIGTERM)
            if not self._await_end(record, seconds):
                _signal_group(record.pid, signal.SIGKILL)
                self._await_end(record, 5)
        self.forget(record.name)
        return was_alive

    def stop_all(self, names: Sequence[str] = (), seconds: float = STOP_SECONDS) -> list[str]:
        """End the named children (default: all but ourselves), together. Returns the names of those that ran."""
        chosen = [r for r in self.recorded() if (r.name in names if names else True) and r.pid != os.getpid()]
        alive = [record for record in chosen if record.is_alive]
        for record in alive:
            _signal_group(record.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for record in alive:
            if not self._await_end(record, max(0.0, deadline - time.monotonic())):
                _signal_group(record.pid, signal.SIGKILL)
                self._await_end(record, 5)
        for record in chosen:
            self.forget(record.name)
        return [record.name for record in alive]

    def forget(self, name: str) -> None:
        """Remove the record."""
        (self.records / f"{name}.json").unlink(missing_ok=True)
        self._started.pop(name, None)

    def _write(self, name: str, pid: int) -> None:
        (self.records / f"{name}.json").write_text(json.dumps({"name": name, "pid": pid, "born": birth(pid)}))

    def _await_end(self, record: Record, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        child = self._started.get(record.name)
        while True:
            if child is not None:
                child.poll()  # reap it, else it stays a zombie with the same birth
            if not record.is_alive:
                _signal_group(record.pid, signal.SIGKILL)  # grandchildren that stayed behind
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


def birth(pid: int) -> str:
    """When the process was started, as the system tells it; '' where there is none or only a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except (OSError, IndexError):
        return ""
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def reset_signals() -> None:
    """A script's `make up &` ignores Ctrl-C, and children would inherit that: Dagster then never stops."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)

"""Children are ended to the last grandchild, also those of a start that was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration import home_lock
from orchestration.processes import Children, birth

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    " print(c.pid, flush=True); time.sleep(60)",
]


def wait_for(log: Path) -> str:
    deadline = time.monotonic() + 20
    while not (text := log.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return text


def test_a_stopped_child_takes_its_children_along(tmp_path: Path):
    children = Children(tmp_path)
    children.start("parent", PARENT, os.environ)
    grandchild = int(wait_for(tmp_path / "logs" / "parent.log"))

    children.stop_all()

    deadline = time.monotonic() + 5
    while birth(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert birth(grandchild) == ""
    assert children.recorded() == []


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path):
    children = Children(tmp_path)
    child = children.start("stubborn", STUBBORN, os.environ)
    wait_for(tmp_path / "logs" / "stubborn.log")

    children.stop_all(seconds=0.3)

    assert birth(child.pid) == ""


def test_a_later_start_stops_what_a_killed_one_left(tmp_path: Path):
    left = Children(tmp_path).start("orphan", SLEEP, os.environ)

    assert Children(tmp_path).stop_all() == ["orphan"]
    left.wait(5)


def test_a_process_that_took_over_the_id_is_left_alone(tmp_path: Path):
    other = subprocess.Popen(SLEEP)
    children = Children(tmp_path)
    children.adopt("gone", other.pid)
    record = tmp_path / "run" / "gone.json"
    record.write_text(record.read_text().replace(birth(other.pid), "1"))

    stopped = children.stop_all()

    assert stopped == []
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_child_can_be_interrupted_though_its_parent_ignores_interrupts(tmp_path: Path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `make up &` in a script has it
    try:
        child = Children(tmp_path).start("sleeper", SLEEP, os.environ)
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        child.wait(5)
    finally:
        signal.signal(signal.SIGINT, before)


def test_only_one_stack_runs_from_a_home_folder(tmp_path: Path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time, pathlib\nfrom orchestration import home_lock\n"
            "with home_lock.held(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()

    with (
        pytest.raises(home_lock.HomeBusy, match=rf"pid {holder.pid}\).*Do: clearsignal status"),
        home_lock.held(tmp_path),
    ):
        pass
    assert home_lock.holder(tmp_path) == holder.pid

    holder.kill()
    holder.wait()
    with home_lock.held(tmp_path):  # the lock went with its holder
        assert home_lock.holder(tmp_path) is not None

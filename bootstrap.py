"""Called by make: uv into .uv/ where there is none, then the locked packages. Standard library only."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".uv"
OWN_UV = CACHE / "venv"
OLDEST_UV = (0, 9)


class CannotPrepare(Exception):
    """The environment cannot be made. The message says what to do."""


def main() -> int:
    """Make the environment equal to uv.lock. 2 where it cannot be made."""
    environment = HERE / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")
    began = time.monotonic()
    try:
        with turn():
            packages = sync(find_uv(), environment)
    except CannotPrepare as error:
        print(f"✗ environment: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"✗ environment: {error.strerror}: {error.filename or HERE}. "
              "Do: make room, or use a folder that you can write to.", file=sys.stderr)  # fmt: skip
        return 2
    print(f"  ✓ {'environment':<20} {time.monotonic() - began:>6.1f} s   {packages} packages", flush=True)
    return 0


@contextlib.contextmanager
def turn():
    """One at a time: a second start waits for the first to finish its packages."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  … environment: another start is installing, waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_uv():
    """A uv that can read the lock: the one of the PATH, else our own, fetched at the first use."""
    for candidate in (shutil.which("uv"), str(OWN_UV / "bin" / "uv")):
        if candidate and version(candidate) >= OLDEST_UV:
            return candidate
    fetch_uv()
    return str(OWN_UV / "bin" / "uv")


def version(uv):
    """Its version as (major, minor); (0, 0) where it does not run."""
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, cwd="/", check=False).stdout
    except OSError:
        return (0, 0)
    found = re.search(r"(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def fetch_uv():
    """uv from the package index into .uv/."""
    shutil.rmtree(OWN_UV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(OWN_UV)], capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotPrepare(
            "this Python cannot make environments ({}). Do: install its venv package (for example apt install "
            "python3-venv), or uv itself.".format(
                (made.stdout + made.stderr).strip().splitlines()[-1:] or "venv failed"
            )
        )
    pip = [str(OWN_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv>=0.9"]
    run(pip, "uv could not be fetched from the package index")


def sync(uv, environment):
    """Install what uv.lock says; return how many packages there are."""
    command = [uv, "sync", "--locked", "--quiet", "--python", sys.executable]
    own = dict(os.environ, UV_PROJECT_ENVIRONMENT=str(environment), UV_PYTHON_DOWNLOADS="never")
    run(command, "the packages could not be installed", own)
    return len(list(environment.glob("lib/python*/site-packages/*.dist-info")))


def run(command, what, environment=None):
    """Run a command whose output matters only where it fails."""
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        log = CACHE / "log"
        with contextlib.suppress(OSError):
            log.write_text(said)
        cause = "the disk is full" if "No space left" in said else " ".join(said.split())[:300]
        raise CannotPrepare(
            f"{what}: {cause}. Do: check disk and network, then again; all of it is in {log.relative_to(HERE)}."
        )


if __name__ == "__main__":
    sys.exit(main())

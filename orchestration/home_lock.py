"""One stack a home folder: a lock that the system frees when its holder dies, however it dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from pipelines.warehouse.home import HomeUnusable, secret_key


class HomeBusy(Exception):
    """Another stack runs from this home folder. The message says which and what to do."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises HomeBusy, or HomeUnusable where the folder cannot be written."""
    path = folder / "stack.lock"
    try:
        file = path.open("a+")
    except OSError as error:
        raise HomeUnusable(
            f"cannot write to {folder}: {error.strerror}. Do: set CLEARSIGNAL_HOME to a folder that you can write to."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise HomeBusy(
                f"Clearsignal already runs from {folder} (pid {file.read().strip() or 'unknown'}). "
                "Do: clearsignal status to see it, clearsignal stop to end it, or another CLEARSIGNAL_HOME."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder(folder: Path) -> int | None:
    """The process that holds the lock, None where nobody does."""
    try:
        with (folder / "stack.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                said = file.read().strip()
                return int(said) if said.isdigit() else 0
    except OSError:
        return None
    return None


def check_writable(folder: Path) -> None:
    """Raise HomeUnusable where the folder is read-only or its disk is full."""
    secret_key(folder)
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"0" * 65536)
        free = os.statvfs(folder)
    except OSError as error:
        raise HomeUnusable(
            f"cannot write to {folder}: {error.strerror}. "
            "Do: make room, or set CLEARSIGNAL_HOME to a folder that you can write to."
        ) from None
    finally:
        probe.unlink(missing_ok=True)
    if free.f_bavail * free.f_frsize < 700 * 2**20:
        raise HomeUnusable(
            f"only {free.f_bavail * free.f_frsize // 2**20} MB are free below {folder}, a first start needs 700. "
            "Do: make room, or set CLEARSIGNAL_HOME to another disk."
        )

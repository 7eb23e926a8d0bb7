"""Where local state lives, and the one secret key that every password is derived from."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
KEY, NEXT_KEY = "secret.key", "secret.key.next"  # the second exists while one key takes the other's place


class HomeUnusable(Exception):
    """The folder for local state cannot be used. The message says what to do."""


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """`$CLEARSIGNAL_HOME`, by default `.clearsignal/` in the checkout; made if absent."""
    folder = Path(environ.get("CLEARSIGNAL_HOME") or CHECKOUT / ".clearsignal").expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnusable(
            f"cannot create {folder}: {error.strerror}. Do: set CLEARSIGNAL_HOME to a folder you can write to."
        ) from None
    return folder


def secret_key(folder: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """`$CLEARSIGNAL_SECRET_KEY`, else the key file of the home folder (mode 0600, made at first use).

    Raises HomeUnusable, also while the key is being changed: nobody may begin with a key that will not last.
    """
    given = environ.get("CLEARSIGNAL_SECRET_KEY", "")
    if given:
        if len(given) < 16:
            raise HomeUnusable("CLEARSIGNAL_SECRET_KEY is too short. Do: use at least 16 random characters.")
        return given.encode()
    if (folder / NEXT_KEY).exists():
        raise HomeUnusable("a change of the secret key is under way or was cut off. Do: clearsignal rotate-key.")
    return key_of_file(folder)


def key_of_file(folder: Path, name: str = KEY) -> bytes:
    """The key in this file of the home folder, made where there is none. Raises HomeUnusable."""
    path = folder / name
    try:
        if not path.exists():
            _create_key(path)
        return path.read_bytes().strip()
    except OSError as error:
        raise HomeUnusable(
            f"cannot use {path}: {error.strerror}. Do: set CLEARSIGNAL_HOME to a folder you can write to."
        ) from None


def _create_key(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first of two processes wins, and both read the same key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _keep_names(path.parent)


def adopt_next_key(folder: Path) -> Path:
    """Put the next key in the key's place. Returns where the key until now is kept."""
    path, following = folder / KEY, folder / NEXT_KEY
    changed_at = datetime.fromtimestamp(following.stat().st_mtime, UTC)
    kept = folder / f"{KEY}.until-{changed_at:%Y%m%d-%H%M%S-%f}"
    kept.unlink(missing_ok=True)  # of a try that was killed here
    os.link(path, kept)
    following.replace(path)
    _keep_names(folder)
    return kept


def _keep_names(folder: Path) -> None:
    """Names of files survive a power cut once their folder is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def derive(key: bytes, purpose: str) -> bytes:
    """32 bytes that only the holder of the secret key can compute, different for each purpose."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()

"""Where local state lives, and the one secret key that every password is derived from."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class HomeUnusable(Exception):
    """The folder for local state cannot be written. The message says what to do."""


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
    """`$CLEARSIGNAL_SECRET_KEY`, else the key file of the home folder (mode 0600, made at first use)."""
    given = environ.get("CLEARSIGNAL_SECRET_KEY", "")
    if given:
        if len(given) < 16:
            raise HomeUnusable("CLEARSIGNAL_SECRET_KEY is too short. Do: use at least 16 random characters.")
        return given.encode()
    path = folder / "secret.key"
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
    try:
        os.link(draft, path)  # the first of two processes wins, and both read the same key
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def derive(key: bytes, purpose: str) -> bytes:
    """32 bytes that only the holder of the secret key can compute, different for each purpose."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()

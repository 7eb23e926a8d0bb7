"""The command that changes the secret key: of the key file, or of CLEARSIGNAL_SECRET_KEY."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipelines.key_rotation import Rotated

VARIABLE = "CLEARSIGNAL_SECRET_KEY"


def register(cli: click.Group) -> None:
    """Add the command."""
    cli.add_command(rotate_key)


@click.command("rotate-key")
def rotate_key() -> None:
    """Change the secret key. Repeat it where it was cut off.

    With a key file a new key is made. With CLEARSIGNAL_SECRET_KEY set the new key there first; the key until now is
    asked for, or read from standard input. Stop Clearsignal before: its programs hold the old key.
    """
    from orchestration import home_lock
    from orchestration.processes import Children
    from pipelines.warehouse import home

    folder = home.home()
    with home_lock.held(folder):
        Children(folder).stop_all()  # what a killed start left
        if os.environ.get(VARIABLE):
            _of_variable(folder)
        else:
            _of_file(folder)


def _of_variable(folder: Path) -> None:
    from pipelines.warehouse import home

    new, old = home.secret_key(folder), _asked()
    if new == old:
        raise click.UsageError(f"{VARIABLE} is still that key. Do: set the new one there first, and keep the old one.")
    _tell(_rotate(folder, old, new))
    click.echo("  Backups made before need the key until now.")


def _of_file(folder: Path) -> None:
    """The new key is on the disk before the database knows it, and the old one as long as the database may need it."""
    from pipelines.key_rotation import RotationRefused
    from pipelines.warehouse import home
    from pipelines.warehouse.connection import WarehouseUnavailable
    from pipelines.warehouse.embedded import EmbeddedServerFailed

    following = folder / home.NEXT_KEY
    was_cut_off = following.exists()
    old, new = home.key_of_file(folder), home.key_of_file(folder, home.NEXT_KEY)
    try:
        rotated = _rotate(folder, old, new)
    except (RotationRefused, WarehouseUnavailable, EmbeddedServerFailed):  # all of them before the commit
        if not was_cut_off:  # else the database may hang on it already
            following.unlink()
        raise
    kept = home.adopt_next_key(folder)
    _tell(rotated)
    click.echo(f"  Backups made before need the key until now: {kept}. Delete it when there are none left.")


def _rotate(folder: Path, old: bytes, new: bytes) -> "Rotated":
    from pipelines import key_rotation
    from pipelines.warehouse.connection import Warehouse, plain_url

    given = os.environ.get("DATABASE_URL", "")
    if given:
        return key_rotation.rotate(Warehouse(plain_url(given), old, folder), new, is_embedded=False)
    with _embedded(folder, old, new) as url:
        return key_rotation.rotate(Warehouse(url, old, folder), new, is_embedded=True)


@contextmanager
def _embedded(folder: Path, old: bytes, new: bytes) -> Iterator[str]:
    """The administrator's address of the embedded server, under whichever key it is; started where it does not run."""
    from orchestration import ports
    from pipelines.key_rotation import RotationRefused
    from pipelines.warehouse import embedded

    if not embedded.exists(folder):
        raise RotationRefused(f"there is no database in {folder} yet. Do: make up, or set DATABASE_URL.")
    if running := embedded.running_url(folder, old) or embedded.running_url(folder, new):
        yield running
        return
    embedded.stop(folder)  # one that does not answer
    url: str | None
    try:
        try:
            url = embedded.start(folder, ports.free_port(), old)
        except embedded.AnotherKey:
            url = embedded.running_url(folder, new)
        if url is None:
            raise RotationRefused(f"the database in {folder} opens with neither key. Do: give the key until now.")
        yield url
    finally:
        embedded.stop(folder)


def _tell(rotated: "Rotated") -> None:
    if rotated.was_done:
        click.echo("✓ everything hangs on the new key already")
        return
    click.echo(f"✓ {rotated.secrets} secrets of {rotated.connections} connections encrypted anew, all passwords set")
    click.echo(f"  Void: access tokens, page cursors and {rotated.sessions} sessions. Everybody signs in again.")
    click.echo("  Still valid: users' passwords, sign-in codes, and all that was entered at the sources.")


def _asked() -> bytes:
    text = click.prompt("The key until now", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not text.strip():
        raise click.UsageError("there is no key until now. Do: enter it, or give it on standard input.")
    return str(text).strip().encode()

"""Commands about files that a tenant uploads."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from orchestration.commands.connections import _tenant
from orchestration.tables import show

CHUNK = 1 << 20
LONGEST_NAME = 200  # characters of a file's name that are kept


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(upload)


@click.group()
def upload() -> None:
    """CSV files of KPI points and market prices."""


@upload.command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
@click.option("--kind", help="kpi_points or market_prices (default: what the header fits).")
@click.option("--encoding", help="Default: UTF-8, or UTF-16 where the file is marked as such.")
@click.option("--date-format", help="iso, day.month.year, day/month/year or month/day/year (default: what fits).")
@click.option("--decimal", help=". or , (default: the one that fits all numbers).")
@click.option("--dry-run", is_flag=True, help="Check and show, but load nothing.")
def add_upload(
    file: Path, tenant_name: str | None, kind: str | None, encoding: str | None, date_format: str | None,
    decimal: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Load a file: all of its rows, or none."""
    from pipelines.connection_changes import Author
    from pipelines.names import InvalidName
    from pipelines.uploads import store
    from pipelines.uploads.kinds import UploadRefused
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tenant = _tenant(warehouse, tenant_name)
    try:
        name = file.name.encode(errors="replace").decode()[:LONGEST_NAME]
        options = store.Options(kind, encoding, date_format, decimal, name)
    except InvalidName as error:
        raise click.ClickException(f"the file's {error}") from None
    try:
        with store.Intake(warehouse.home, options, largest=sys.maxsize) as intake, file.open("rb") as source:
            while chunk := source.read(CHUNK):
                intake.write(chunk)
            checked = intake.check(tenant.time_zone)
            if not dry_run:
                with warehouse.connect("loader") as database:
                    intake.accept(database, Author(tenant.tenant_id), checked)
    except UploadRefused as error:
        for where, why in error.faults[1:]:
            click.echo(f"  {where}: {why}", err=True)
        raise click.ClickException(str(error)) from None
    show([{key: _plain(value) for key, value in row.items()} for row in checked.preview[:5]], False)
    if dry_run:
        store.ready(warehouse.home, intake.upload_id).unlink()
        click.echo(f"✓ {checked.row_count:,} rows of {checked.layout.kind.name} fit; nothing was loaded")
        return
    store.settle(warehouse)
    click.echo(f"✓ {checked.row_count:,} rows of {checked.layout.kind.name} loaded ({intake.upload_id})")
    click.echo(f"  Take them away again: clearsignal upload undo {intake.upload_id}")


@upload.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_uploads(tenant_name: str | None, as_json: bool) -> None:
    """What was uploaded, newest first."""
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tenant = _tenant(warehouse, tenant_name)
    with warehouse.connect("loader") as database:
        found = database.execute(
            "select upload_id, kind, name, status, row_count, uploaded_at, error from app.upload where tenant_id = %s"
            " order by uploaded_at desc",
            [tenant.tenant_id],
        ).fetchall()
    names = ("upload_id", "kind", "name", "status", "rows", "uploaded_at", "error")
    show([dict(zip(names, map(_plain, row), strict=True)) for row in found], as_json)


@upload.command("undo")
@click.argument("upload_id", type=click.UUID)
def undo_upload(upload_id: UUID) -> None:
    """Take an upload's rows away; what it had replaced comes back."""
    from pipelines.uploads import store
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    with warehouse.connect("loader") as database:
        row = database.execute("select tenant_id from app.upload where upload_id = %s", [upload_id]).fetchone()
        status = store.undo(database, row[0], upload_id) if row else None
    if status is None:
        raise click.UsageError(f"there is no upload {upload_id}. Do: see clearsignal upload list.")
    if status in ("failed", "undone"):
        raise click.ClickException(f"nothing of this upload is loaded: it is {status}.")
    store.settle(warehouse)
    click.echo("✓ its rows are gone; the next transform takes them out of the marts")


def _plain(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, (int, float)) else str(value)

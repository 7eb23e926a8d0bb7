"""Commands about what a tenant decides for itself: rules, calendars, targets, objectives."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from orchestration.tables import show

KIND = click.argument("kind", metavar="KIND")
TENANT = click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
REASON = click.option("--reason", required=True, help="Why, for those who read the figures later.")
FILE = click.option(
    "--file", "file", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="A JSON file with the list of rows; - for standard input.",
)  # fmt: skip
IF_VERSION = click.option("--if-version", type=int, help="Only where this version is in force.")


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(configuration)


@click.group()
def configuration() -> None:
    """Rules, calendars, targets and objectives of a tenant: each KIND is a list that is replaced as a whole."""


@configuration.command("kinds")
@AS_JSON
def list_kinds(as_json: bool) -> None:
    """What can be configured, and what holds without it."""
    from pipelines.configuration.kinds import KINDS

    show([{"kind": kind.name, "without": kind.without} for kind in KINDS.values()], as_json)


@configuration.command("show")
@KIND
@TENANT
def show_configuration(kind: str, tenant_name: str | None) -> None:
    """The rows in force, as the JSON that `set` takes."""
    from pipelines.configuration import stored

    with _database(tenant_name, kind) as (database, author, found):
        current = stored.shown(database, author.tenant_id, found)
    click.echo(json.dumps(current.rows, indent=2, ensure_ascii=False))
    said = f"{kind}: version {current.version}" if current.rows else f"{kind}: no rows. {current.without}"
    click.echo(said, err=True)


@configuration.command("set")
@KIND
@FILE
@REASON
@IF_VERSION
@TENANT
def set_configuration(kind: str, file: Path, reason: str, if_version: int | None, tenant_name: str | None) -> None:
    """Replace all rows by those of a file."""
    from pipelines.configuration import stored

    with _database(tenant_name, kind) as (database, author, found):
        made = stored.put(database, author, found, _rows(file), reason, if_version)
    click.echo(f"✓ {kind}: version {made.version} with {len(made.rows)} rows counts from the next transform on")


@configuration.command("preview")
@KIND
@FILE
@TENANT
@AS_JSON
def preview_configuration(kind: str, file: Path, tenant_name: str | None, as_json: bool) -> None:
    """What the rows of a file would do. Nothing is kept."""
    import msgspec

    import dbt_project
    from pipelines.configuration.previews import preview

    with _database(tenant_name, kind) as (database, _, found):
        rows = msgspec.to_builtins(found.parse(_rows(file)), enc_hook=str)
        told = preview(database, found, rows, found.defaults(dbt_project.seed))
    if as_json:
        return show(msgspec.to_builtins(told), as_json)
    click.echo(told.summary)
    if told.rows:
        show([{"row": each.row + 1, "matched": each.matched, **rows[each.row]} for each in told.rows], as_json)
    for change in told.changes:
        click.echo(f"  {change.count} {change.name}: {change.now} → {change.then}")


@configuration.command("versions")
@KIND
@TENANT
@AS_JSON
def list_versions(kind: str, tenant_name: str | None, as_json: bool) -> None:
    """Who changed it, when and why, newest first."""
    from pipelines.configuration import stored

    with _database(tenant_name, kind) as (database, author, found):
        every = stored.versions(database, author.tenant_id, found)
    show([vars(each) for each in every], as_json)


@configuration.command("restore")
@KIND
@click.argument("version", type=int)
@REASON
@IF_VERSION
@TENANT
def restore_version(kind: str, version: int, reason: str, if_version: int | None, tenant_name: str | None) -> None:
    """Bring the rows of an older version back, as a new one."""
    from pipelines.configuration import stored

    with _database(tenant_name, kind) as (database, author, found):
        made = stored.restore(database, author, found, version, reason, if_version)
    click.echo(f"✓ {kind}: version {made.version} is version {version} again, from the next transform on")


@contextmanager
def _database(tenant_name: str | None, kind: str) -> Iterator[tuple[Any, Any, Any]]:
    """A transaction as the tenant, the operator as its author, and the kind; refusals become usage errors."""
    from orchestration.commands.connections import _tenant
    from pipelines.configuration import stored
    from pipelines.configuration.kinds import InvalidConfiguration
    from pipelines.connection_changes import Author, Changed
    from pipelines.warehouse.connection import Warehouse

    try:
        found = stored.kind_of(kind)
        warehouse = Warehouse.from_environment()
        tenant = _tenant(warehouse, tenant_name)
        with warehouse.connect_as_tenant(tenant.tenant_id) as database:
            yield database, Author(tenant.tenant_id), found
    except InvalidConfiguration as error:
        raise click.UsageError(f"{error.field}: {error}") from None
    except (stored.NoSuchKind, stored.NoSuchVersion, Changed) as error:
        raise click.UsageError(str(error)) from None


def _rows(file: Path) -> Any:
    text = click.get_text_stream("stdin").read() if str(file) == "-" else file.read_text()
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{file} is no JSON: {error}") from None

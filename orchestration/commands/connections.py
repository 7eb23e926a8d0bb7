"""Commands about what is read: which accounts and clones are connected."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from orchestration.tables import show
from pipelines.raw_tables import TABLES

SOURCES = tuple(TABLES)


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(connection)


@click.group()
def connection() -> None:
    """Which accounts at the sources are read."""


@connection.command("add")
@click.argument("source", type=click.Choice(SOURCES), metavar="SOURCE")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
@click.option(
    "--name", help="Tells a tenant's connections to a source apart (default: main; of a clone its repository)."
)
@click.option("--path", type=click.Path(path_type=Path), help="The clone that a git connection reads.")
@click.option("--set", "values", multiple=True, help="FIELD=VALUE; a list is separated by commas; repeatable.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="A JSON file with the fields.")
@click.option("--token", "ask_token", is_flag=True, help="Ask for the token (or read it from standard input).")
@click.option("--more-tokens", "ask_more", is_flag=True, help="Ask for further tokens until an empty one (GitHub).")
@click.option("--webhook-secret", "ask_secret", is_flag=True, help="Ask for what the source signs its webhooks with.")
@click.option("--allow-private", is_flag=True, help="Let base_url be on this machine or network.")
def add_connection(
    source: str, tenant_name: str | None, name: str | None, path: Path | None, values: tuple[str, ...],
    config: Path | None, ask_token: bool, ask_more: bool, ask_secret: bool, allow_private: bool,
) -> None:  # fmt: skip
    """Connect an account or a clone, or change the connection of this name."""
    from pipelines import connection_changes, stored_connections
    from pipelines.warehouse.connection import Warehouse

    fields: dict[str, Any] = {**_file(config), **dict(_field(source, value) for value in values), "source": source}
    if path is not None:
        fields["path"] = str(path.absolute())
    if ask_token:
        fields["token"] = _hidden("Token")
    if ask_more:
        fields["tokens"] = list(iter(lambda: _hidden("Further token", ""), ""))
    if ask_secret:
        fields["webhook_secret"] = _hidden("Webhook secret")
    notes: list[str] = []
    if source == "git":  # whoever runs this is the operator, and a clone has a name and limits of its own
        allow_private = True
        own_name, notes = connection_changes.clone_facts(fields)
        name = name or own_name
    warehouse = Warehouse.from_environment()
    found = _tenant(warehouse, tenant_name)
    stored = stored_connections.add(warehouse, found, name or "main", fields, allow_private=allow_private)
    click.echo(f"✓ {found.partition_key}: {source} {stored.name!r} ({stored.connection_id})")
    for note in notes:
        click.echo(f"  Note: it is {note}")
    click.echo(f"  Load it now: clearsignal sync --tenant {found.slug} --connection {stored.connection_id}")
    if ask_secret:
        click.echo(f"  Its webhooks go to: /api/v1/webhooks/{source}/{stored.connection_id}")


@connection.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: all).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_connections(tenant_name: str | None, as_json: bool) -> None:
    """Every connection, without its secrets."""
    from pipelines import stored_connections, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    chosen = [tenants.find(warehouse, tenant_name)] if tenant_name else tenants.all(warehouse)
    rows = [
        {
            "tenant": each.partition_key,
            "source": stored.source,
            "name": stored.name,
            "connection_id": str(stored.connection_id),
            "address": stored.connection.base_url if stored.connection else f"✗ {stored.fault}",
            "paused": stored.is_paused,
        }
        for each in chosen
        for stored in stored_connections.of(warehouse, each)
    ]
    show(rows, as_json)


@connection.command("remove")
@click.argument("connection_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_connection(connection_id: str, yes: bool) -> None:
    """Forget a connection, its credentials and all that it loaded. The next transform clears the marts of it."""
    from pipelines import removal
    from pipelines.warehouse.connection import Warehouse

    key = _id(connection_id)
    if not yes:
        click.confirm("Forget this connection, its credentials and all that it loaded?", abort=True)
    count = removal.remove_connection(Warehouse.from_environment(), key)
    if count is None:
        raise click.UsageError(f"there is no connection {connection_id}. Do: see clearsignal connection list.")
    click.echo(f"✓ forgotten, with {count:,} rows")


@connection.command("pause")
@click.argument("connection_id")
def pause_connection(connection_id: str) -> None:
    """Load a connection no more until it is resumed. What was loaded stays."""
    from pipelines import connection_changes

    _change(connection_id, connection_changes.pause)
    click.echo("✓ no sync asks it until: clearsignal connection resume")


@connection.command("resume")
@click.argument("connection_id")
def resume_connection(connection_id: str) -> None:
    """Let a connection that failed or is paused be tried again at the next sync."""
    from pipelines import connection_changes

    _change(connection_id, connection_changes.resume)
    click.echo("✓ the next sync tries it again")


@connection.command("test")
@click.argument("connection_id")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def run_test(connection_id: str, as_json: bool) -> None:
    """Ask the source for the newest page of each resource, and say which it refuses and why."""
    from datetime import UTC, datetime

    from pipelines import connection_probes
    from pipelines.kept import Kept

    warehouse, stored = _found(connection_id)
    with warehouse.connect("loader") as database:
        places = Kept(database, stored.source, stored.tenant.tenant_id, stored.connection_id).places()
    found = connection_probes.probe(
        stored.connection, public_only=not stored.allows_private, now=datetime.now(UTC), places=places
    )
    words = {True: "may be read", False: "refused", None: "not asked"}
    show(
        [
            {"resource": one.resource, "result": words[one.is_readable],
             "why": " ".join(filter(None, [one.message, one.what_to_do and f"Do: {one.what_to_do}"]))}
            for one in found
        ],
        as_json,
    )  # fmt: skip
    if not all(one.is_readable for one in found):
        sys.exit(1)


def _found(connection_id: str) -> tuple[Any, Any]:
    """The warehouse, and the stored connection of this id."""
    from pipelines import stored_connections
    from pipelines.connection_changes import NoSuchConnection
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    try:
        return warehouse, stored_connections.find(warehouse, _id(connection_id))
    except NoSuchConnection as error:
        raise click.UsageError(f"{error} Do: see clearsignal connection list.") from None


def _change(connection_id: str, change: Callable[..., None]) -> None:
    from pipelines.connection_changes import Author

    warehouse, stored = _found(connection_id)
    with warehouse.connect("loader") as database:
        change(database, Author(stored.tenant.tenant_id), stored.connection_id)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise click.UsageError(f"{given!r} is no id. Do: see clearsignal connection list.") from None


def _tenant(warehouse: Any, name: str | None) -> Any:
    """The tenant of this name, or the only one."""
    from pipelines import tenants

    every = [] if name else tenants.all(warehouse)
    if not name and len(every) != 1:
        raise click.UsageError(f"there are {len(every)} tenants. Do: name one with --tenant.")
    return tenants.find(warehouse, name) if name else every[0]


def _hidden(label: str, default: str | None = None) -> str:
    """What is typed in without being shown, or a line of standard input."""
    return (
        click.prompt(label, default, hide_input=True, show_default=False)
        if sys.stdin.isatty()
        else sys.stdin.readline().strip()
    )


def _field(source: str, text: str) -> tuple[str, Any]:
    """FIELD=VALUE as the connection wants it: lists are separated by commas, numbers are numbers."""
    from pipelines import connections

    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text!r} has no value. Do: write --set FIELD=VALUE.")
    field = connections.schema_of(connections.SOURCES[source])["properties"].get(name, {})
    types = {one.get("type") for one in field.get("anyOf", [field])}
    if "array" in types:
        return name, [part.strip() for part in value.split(",") if part.strip()]
    if types & {"integer", "number", "boolean"}:
        with suppress(ValueError):  # what is none is refused with the field's name
            return name, json.loads(value)
    return name, value


def _file(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        read = json.loads(config.read_text())
    except ValueError as error:
        raise click.UsageError(
            f"{config} is no JSON: {error}. Do: write an object with the connection's fields."
        ) from None
    if not isinstance(read, dict):
        raise click.UsageError(f"{config} is no object. Do: write an object with the connection's fields.")
    return read

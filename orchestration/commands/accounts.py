"""Commands about who and what is connected: tenant, user, connection, token."""

import json
import sys
from pathlib import Path
from typing import Any

import click

ROLES = ("viewer", "analyst", "editor", "admin")
SOURCES = ("github", "jira", "hubspot", "gdelt", "open_meteo", "exchange_rates", "geonames", "git")


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (tenant, user, connection, token):
        cli.add_command(command)


@click.group()
def tenant() -> None:
    """Whose data these are."""


@tenant.command("add")
@click.argument("name")
@click.option("--slug", help="a-z, 0-9 and dashes (default: made from the name).")
@click.option("--time-zone", default="UTC", show_default=True, help="Days are cut in this zone.")
@click.option("--place", "places", multiple=True, help="NAME[:COUNTRY], for news and weather; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def add_tenant(name: str, slug: str | None, time_zone: str, places: tuple[str, ...], as_json: bool) -> None:
    """Make a tenant, or show the one that has this slug."""
    from pipelines import tenants
    from pipelines.tenants import Place
    from pipelines.warehouse.connection import Warehouse

    located = [Place(place.partition(":")[0], place.partition(":")[2] or None) for place in places]
    slug = slug or "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in name.lower()).split())
    made = tenants.create(Warehouse.from_environment(), slug, name, time_zone, located)
    _show({"tenant": made.partition_key, "tenant_id": str(made.tenant_id), "name": made.name}, as_json)


@tenant.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_tenants(as_json: bool) -> None:
    """Every tenant."""
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse

    rows = [
        {"tenant": t.partition_key, "name": t.name, "time_zone": t.time_zone, "demo": t.is_demo}
        for t in tenants.all(Warehouse.from_environment())
    ]
    _show(rows, as_json)


@tenant.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_tenant(name: str, yes: bool) -> None:
    """Delete a tenant and every row of it, for good."""
    from orchestration import runs
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    found = tenants.find(warehouse, name)
    if not yes:
        click.confirm(f"Delete {found.name} ({found.partition_key}) and all of its data?", abort=True)
    tenants.remove(warehouse, found)
    with runs.opened(warehouse) as opened:
        opened.forget_removed_tenants()
    click.echo(f"✓ {found.partition_key} is gone")


@click.group()
def user() -> None:
    """Who may sign in."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="How the person is called.")
@click.option("--tenant", "tenant_name", required=True, help="Slug, partition key or id.")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
def add_user(email: str, name: str, tenant_name: str, role: str) -> None:
    """Make a user; the password is read from standard input, or asked for."""
    from pipelines import accounts, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    found = tenants.find(warehouse, tenant_name)
    is_terminal = sys.stdin.isatty()
    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if is_terminal
        else sys.stdin.readline().rstrip("\n")
    )
    accounts.create_user(warehouse, email, name or email.partition("@")[0], password or None, found, role)
    click.echo(f"✓ {email} is {role} of {found.partition_key}")


@user.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: all).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_users(tenant_name: str | None, as_json: bool) -> None:
    """Every user with tenant and role."""
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    wanted = tenants.find(warehouse, tenant_name).tenant_id if tenant_name else None
    with warehouse.connect("loader") as connection:
        rows = connection.execute(
            'select u.email, u.name, t.partition_key, m.role from app."user" as u'
            " join app.membership as m using (user_id) join app.tenant as t using (tenant_id)"
            " where u.deleted_at is null and (%(t)s::uuid is null or t.tenant_id = %(t)s) order by 1, 3",
            {"t": wanted},
        ).fetchall()
    _show([dict(zip(("email", "name", "tenant", "role"), row, strict=True)) for row in rows], as_json)


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
@click.option("--allow-private", is_flag=True, help="Let base_url be on this machine or network.")
def add_connection(
    source: str, tenant_name: str | None, name: str | None, path: Path | None, values: tuple[str, ...],
    config: Path | None, ask_token: bool, allow_private: bool,
) -> None:  # fmt: skip
    """Connect an account or a clone, or change the connection of this name."""
    from pipelines import connections
    from pipelines.warehouse.connection import Warehouse

    fields: dict[str, Any] = {**_file(config), **dict(_field(value) for value in values), "source": source}
    if path is not None:
        fields["path"] = str(path.absolute())
    if ask_token:
        fields["token"] = click.prompt("Token", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    notes: list[str] = []
    if source == "git":  # whoever runs this is the operator, and a clone has a name and limits of its own
        allow_private = True
        own_name, notes = connections.clone_facts(fields)
        name = name or own_name
    warehouse = Warehouse.from_environment()
    found = _tenant(warehouse, tenant_name)
    stored = connections.add(warehouse, found, name or "main", fields, allow_private=allow_private)
    click.echo(f"✓ {found.partition_key}: {source} {stored.name!r} ({stored.connection_id})")
    for note in notes:
        click.echo(f"  Note: it is {note}")
    click.echo(f"  Load it now: clearsignal sync --tenant {found.slug} --connection {stored.connection_id}")


@connection.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: all).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_connections(tenant_name: str | None, as_json: bool) -> None:
    """Every connection, without its secrets."""
    from pipelines import connections, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    chosen = [tenants.find(warehouse, tenant_name)] if tenant_name else tenants.all(warehouse)
    rows = [
        {
            "tenant": each.partition_key,
            "source": stored.source,
            "name": stored.name,
            "connection_id": str(stored.connection_id),
            "address": stored.connection.base_url,
            "paused": stored.is_paused,
        }
        for each in chosen
        for stored in connections.of(warehouse, each)
    ]
    _show(rows, as_json)


@connection.command("remove")
@click.argument("connection_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_connection(connection_id: str, yes: bool) -> None:
    """Forget a connection and its credentials. What it loaded stays."""
    from uuid import UUID

    from pipelines.warehouse.connection import Warehouse

    try:
        key = UUID(connection_id)
    except ValueError:
        raise click.UsageError(f"{connection_id!r} is no id. Do: see clearsignal connection list.") from None
    if not yes:
        click.confirm("Forget this connection and its credentials?", abort=True)
    with Warehouse.from_environment().connect("loader") as database:
        gone = database.execute("delete from app.connection where connection_id = %s", [key]).rowcount
    if not gone:
        raise click.UsageError(f"there is no connection {connection_id}. Do: see clearsignal connection list.")
    click.echo("✓ forgotten")


@click.command()
@click.option("--tenant", "tenant_name", required=True, help="Slug, partition key or id.")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
def token(tenant_name: str, role: str) -> None:
    """Print an access token for the API, valid for 15 minutes."""
    from pipelines import access_tokens, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    found = tenants.find(warehouse, tenant_name)
    click.echo(access_tokens.issue(access_tokens.key(warehouse), found.tenant_id, role))


def _tenant(warehouse: Any, name: str | None) -> Any:
    """The tenant of this name, or the only one."""
    from pipelines import tenants

    every = [] if name else tenants.all(warehouse)
    if not name and len(every) != 1:
        raise click.UsageError(f"there are {len(every)} tenants. Do: name one with --tenant.")
    return tenants.find(warehouse, name) if name else every[0]


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text!r} has no value. Do: write --set FIELD=VALUE.")
    is_list = name in ("repositories", "projects", "branches")
    if is_list:
        return name, [part.strip() for part in value.split(",") if part.strip()]
    return name, int(value) if value.isdigit() and name.endswith(("_days", "_seconds")) else value


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


def _show(found: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    rows = found if isinstance(found, list) else [found]
    if not rows:
        click.echo("  none")
        return
    widths = {key: max(len(key), *(len(str(row[key])) for row in rows)) for key in rows[0]}
    click.echo("  " + "  ".join(f"{key:<{width}}" for key, width in widths.items()))
    for row in rows:
        click.echo("  " + "  ".join(f"{row[key]!s:<{width}}" for key, width in widths.items()))

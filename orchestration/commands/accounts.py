"""Commands about who there is: tenant, user, token."""

import sys

import click

from orchestration.tables import show

ROLES = ("viewer", "analyst", "editor", "admin")


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (tenant, user, token):
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
    show({"tenant": made.partition_key, "tenant_id": str(made.tenant_id), "name": made.name}, as_json)


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
    show(rows, as_json)


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
    show([dict(zip(("email", "name", "tenant", "role"), row, strict=True)) for row in rows], as_json)


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

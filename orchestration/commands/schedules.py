"""Commands about when sources are loaded."""

import click

from orchestration.tables import show


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(schedule)


@click.group()
def schedule() -> None:
    """When a tenant's sources are loaded."""


@schedule.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: all).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_schedules(tenant_name: str | None, as_json: bool) -> None:
    """The default times, and those that tenants chose for themselves."""
    from datetime import UTC, datetime

    from pipelines import schedules, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    chosen = tenants.find(warehouse, tenant_name).tenant_id if tenant_name else None
    now = datetime.now(UTC)
    with warehouse.connect("loader") as database:
        own = schedules.own(database, chosen)
    found = [("(default)", source, cron, "UTC") for source, cron in schedules.DEFAULTS.items()]
    found += [(each.partition_key, each.source, each.cron, each.zone) for each in own]
    show(
        [
            {"tenant": tenant, "source": source, "cron": cron, "time_zone": zone,
             "next_at": f"{schedules.next_due(cron, zone, now):%F %H:%M} UTC"}
            for tenant, source, cron, zone in found
        ],
        as_json,
    )  # fmt: skip


@schedule.command("set")
@click.argument("source")
@click.argument("cron")
@click.option("--tenant", "tenant_name", required=True, help="Slug, partition key or id.")
def set_schedule(source: str, cron: str, tenant_name: str) -> None:
    """Load SOURCE at the times of CRON (five fields, quoted), in the tenant's own zone."""
    from pipelines import schedules, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tenant = tenants.find(warehouse, tenant_name)
    with warehouse.connect("loader") as database:
        try:
            schedules.put(database, tenant.tenant_id, source, cron)
        except schedules.InvalidSchedule as error:
            raise click.UsageError(str(error)) from None
    click.echo(f"✓ {tenant.partition_key}: {source} at {cron} ({tenant.time_zone})")


@schedule.command("reset")
@click.argument("source")
@click.option("--tenant", "tenant_name", required=True, help="Slug, partition key or id.")
def reset_schedule(source: str, tenant_name: str) -> None:
    """Load SOURCE of a tenant at the default times again."""
    from pipelines import schedules, tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tenant = tenants.find(warehouse, tenant_name)
    with warehouse.connect("loader") as database:
        if not schedules.reset(database, tenant.tenant_id, source):
            raise click.UsageError(f"{tenant.slug} has no times of its own for {source}.")
    click.echo("✓ the default times hold again")

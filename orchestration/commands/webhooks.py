"""Commands about webhooks: the worker that applies them, what they told, and another try for what is parked."""

import json
import logging
import sys
from uuid import UUID

import click

LISTED = """
select t.partition_key, c.source, c.name, c.connection_id, c.webhook_secret is not null,
    count(e.*) filter (where e.status in ('pending', 'applying')), count(e.*) filter (where e.status = 'applied'),
    count(e.*) filter (where e.status = 'ignored'), count(e.*) filter (where e.status = 'parked'),
    (array_agg(e.delivery_id || ': ' || e.error order by e.sequence desc) filter (where e.status = 'parked'))[1]
from app.connection as c
inner join app.tenant as t using (tenant_id)
left join app.webhook_event as e using (tenant_id, connection_id)
where c.source = any(%(sources)s) and (%(tenant)s::uuid is null or c.tenant_id = %(tenant)s)
group by t.partition_key, c.source, c.name, c.connection_id, c.webhook_secret
order by t.partition_key, c.source, c.name
"""
COLUMNS = (
    "tenant", "source", "name", "connection_id", "has_secret", "waiting", "applied", "ignored", "parked", "last_parked",
)  # fmt: skip


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (webhook, apply_webhooks):
        cli.add_command(command)


@click.group()
def webhook() -> None:
    """What the sources tell by webhooks."""


@webhook.command("list")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: all).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_webhooks(tenant_name: str | None, as_json: bool) -> None:
    """Each connection that can have webhooks, with its address and how many events are in which state."""
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse
    from pipelines.webhooks.signatures import SIGNATURES

    warehouse = Warehouse.from_environment()
    tenant = tenants.find(warehouse, tenant_name).tenant_id if tenant_name else None
    with warehouse.connect("loader") as database:
        found = database.execute(LISTED, {"sources": list(SIGNATURES), "tenant": tenant}).fetchall()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    for row in rows:
        row["path"] = f"/api/v1/webhooks/{row['source']}/{row['connection_id']}"
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    for row in rows:
        click.echo(f"  {row['tenant']} {row['source']} {row['name']!r}: {row['path']}")
        counts = ", ".join(f"{row[state]} {state}" for state in ("waiting", "applied", "ignored", "parked"))
        click.echo(f"    {counts if row['has_secret'] else 'no webhook secret: connection add … --webhook-secret'}")
        if row["last_parked"]:
            click.echo(f"    ✗ {row['last_parked']}")


@webhook.command("replay")
@click.option("--tenant", "tenant_name", required=True, help="Slug, partition key or id.")
@click.option("--connection", "connection_id", type=click.UUID, help="Only of this connection.")
@click.option("--delivery", help="Only this delivery.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def replay_webhooks(tenant_name: str, connection_id: UUID | None, delivery: str | None, as_json: bool) -> None:
    """Let parked events be applied again, by the running worker."""
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse
    from pipelines.webhooks import batches

    warehouse = Warehouse.from_environment()
    tenant = tenants.find(warehouse, tenant_name)
    count = batches.replay(warehouse, tenant.tenant_id, connection_id, delivery)
    click.echo(json.dumps({"replayed": count}) if as_json else f"✓ {count} events will be tried again")


@click.command("apply-webhooks", hidden=True)
def apply_webhooks() -> None:
    """Apply webhook events as they come in and bring the marts up to date, until SIGTERM."""
    from orchestration.live import Live
    from pipelines.warehouse.connection import Warehouse
    from pipelines.webhooks import worker

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    worker.logger.setLevel(logging.INFO)
    warehouse = Warehouse.from_environment()
    worker.run(warehouse, Live(warehouse).refresh)

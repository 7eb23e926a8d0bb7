"""Commands that move data: sync, transform, replay, demo, snapshot, docs."""

import json
from pathlib import Path

import click

from orchestration.commands.connections import SOURCES


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (sync, transform, replay, demo, snapshot, docs):
        cli.add_command(command)


@click.command()
@click.option("--tenant", help="Slug, partition key or id (default: every tenant).")
@click.option("--connection", help="Name or id of one connection.")
@click.option(
    "--source", "sources", multiple=True, type=click.Choice(SOURCES), metavar="SOURCE",
    help="github, jira … (default: every source).",
)  # fmt: skip
@click.option("--full", is_flag=True, help="Read everything again, not only what is new.")
@click.option("--sweep", is_flag=True, help="Also find what was deleted at the source.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def sync(
    tenant: str | None, connection: str | None, sources: tuple[str, ...], full: bool, sweep: bool, as_json: bool
) -> None:
    """Load now what is new at the sources, then build and publish. Exit 1 where a connection failed."""
    from orchestration import runs
    from orchestration.told import told
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    keys = [tenants.find(warehouse, tenant).partition_key] if tenant else []
    chosen, connection_id = _one_connection(warehouse, keys, connection) if connection else (sources, None)
    with runs.opened(warehouse) as opened:
        with told("load", as_json) as loading:
            results = [opened.ingest(keys, chosen, connection_id, full, sweep)]
        if opened.has_new_rows():
            with told("transform", as_json):
                results.append(opened.transform())
    failures = [failure for result in results for failure in runs.errors(result)]
    report = {"rows": loading.rows, "connections": loading.count, "failed": failures}
    click.echo(json.dumps(report) if as_json else f"  {loading.count} connections · {loading.rows:,} rows")
    if failures and not as_json:
        for failure in failures:
            click.echo(f"  ✗ {failure}", err=True)
    raise click.exceptions.Exit(1 if failures else 0)


def _one_connection(warehouse: object, keys: list[str], given: str) -> tuple[tuple[str, ...], str]:
    from pipelines import stored_connections, tenants
    from pipelines.warehouse.connection import Warehouse

    assert isinstance(warehouse, Warehouse)
    found = [
        stored
        for tenant in tenants.all(warehouse)
        if not keys or tenant.partition_key in keys
        for stored in stored_connections.of(warehouse, tenant)
        if given in (stored.name, str(stored.connection_id))
    ]
    if len(found) != 1:
        many = "several tenants have one: add --tenant" if found else "see clearsignal connection list"
        raise click.UsageError(f"there is no one connection {given!r} ({many}).")
    return (found[0].source,), str(found[0].connection_id)


@click.command()
@click.option("--full", is_flag=True, help="Rebuild every model from all raw rows.")
@click.option("--forecast", is_flag=True, help="Also make new forecasts.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def transform(full: bool, forecast: bool, as_json: bool) -> None:
    """Build, test and publish the marts. Exit 1 where a model or a test failed."""
    from orchestration import runs
    from orchestration.told import told
    from pipelines.warehouse.connection import Warehouse

    with runs.opened(Warehouse.from_environment()) as opened, told("transform", as_json):
        results = [opened.transform(full)]
        if forecast:
            results.append(opened.forecast())
    failures = [failure for result in results for failure in runs.errors(result)]
    if as_json:
        click.echo(json.dumps({"failed": failures}))
    else:
        for failure in failures:
            click.echo(f"  ✗ {failure}", err=True)
    raise click.exceptions.Exit(1 if failures else 0)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--tenant", required=True, help="The tenant that the recorded answers belong to; made where it is new.")
@click.option("--time-zone", help="Of a new tenant (default UTC).")
@click.option("--config", type=click.Path(path_type=Path), help="A replay.toml from elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def replay(folder: Path, tenant: str, time_zone: str | None, config: Path | None, as_json: bool) -> None:
    """Serve recorded answers through the simulator and load them like any source."""
    from orchestration import replays, runs
    from orchestration.told import told
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    with replays.served(warehouse, folder, tenant, time_zone, config) as recording:
        for warning in recording.warnings:
            click.echo(f"  ! {warning}", err=True)
        with runs.opened(warehouse) as opened:
            with told("load", as_json) as loading:
                key = recording.tenant.partition_key
                results = [opened.ingest([key], recording.sources, now=recording.now)]
            with told("transform", as_json):
                results.append(opened.transform())
    failures = [failure for result in results for failure in runs.errors(result)]
    report = {"tenant": recording.tenant.partition_key, "rows": loading.rows, "failed": failures}
    click.echo(json.dumps(report) if as_json else f"  {recording.tenant.partition_key} · {loading.rows:,} rows")
    for failure in [] if as_json else failures:
        click.echo(f"  ✗ {failure}", err=True)
    raise click.exceptions.Exit(1 if failures else 0)


@click.group()
def demo() -> None:
    """The three demo tenants."""


@demo.command("create")
@click.option("--simulator", required=True, help="Where the simulator answers, such as http://127.0.0.1:8100.")
def create_demo(simulator: str) -> None:
    """Make the demo's tenants, users and connections."""
    from pipelines import demo as demo_tenants
    from pipelines.warehouse.connection import Warehouse

    demo_tenants.create(Warehouse.from_environment(), simulator)
    click.echo("✓ demo tenants are there")


@demo.command("tell")
@click.option("--tenant", default="acme", show_default=True, help="One of the demo's tenants.")
@click.option("--hours", type=click.IntRange(1, 72), default=24, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def tell(tenant: str, hours: int, as_json: bool) -> None:
    """Let the running simulator tell the running API what happened, by signed webhooks."""
    from orchestration import webhook_demo
    from pipelines.warehouse.connection import Warehouse

    told = webhook_demo.tell(Warehouse.from_environment(), tenant, hours)
    if as_json:
        click.echo(json.dumps(told))
    for source, answers in {} if as_json else told.items():
        click.echo(f"  {source}: " + ", ".join(f"{count} × {status}" for status, count in answers.items()))


@demo.command("remove")
def remove_demo() -> None:
    """Take the demo's tenants away with all their rows. Others stay as they are."""
    from orchestration import runs
    from pipelines import demo as demo_tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    demo_tenants.remove(warehouse)
    (warehouse.home / "no-demo").touch()  # the next start brings none back
    with runs.opened(warehouse) as opened:
        opened.forget_removed_tenants()
    click.echo("✓ the demo's tenants are gone")


@click.command()
@click.option("--tenant", required=True, help="Slug, partition key or id.")
@click.argument("file", type=click.Path(path_type=Path))
def snapshot(tenant: str, file: Path) -> None:
    """Write a tenant's marts into one DuckDB file, to analyse offline."""
    from orchestration.snapshot import write
    from pipelines import tenants
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tables = write(warehouse, tenants.find(warehouse, tenant), file)
    click.echo(f"✓ {file}: {len(tables)} marts, {sum(tables.values()):,} rows")


@click.command()
def docs() -> None:
    """Make the docs site anew: $CLEARSIGNAL_HOME/docs/index.html."""
    from orchestration.docs import write_docs
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    write_docs(warehouse)
    click.echo(f"✓ {warehouse.home / 'docs' / 'index.html'}")

"""Commands that run one service in the foreground: what `make up` starts as children and Compose as containers."""

import os
import sys
from pathlib import Path

import click
import yaml

LOCATION = "clearsignal"


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (prepare, simulate, serve_api, serve_code, serve_dagster, run_daemon):
        cli.add_command(command)


@click.command()
@click.option("--port", type=int, default=8100, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--state", type=click.Path(path_type=Path), help="Where the world is kept (default: the home folder).")
def simulate(port: int, host: str, state: Path | None) -> None:
    """Serve the simulated GitHub, Jira, HubSpot, news, weather, rates and places."""
    from pipelines.simulator import server
    from pipelines.warehouse.home import home

    server.run(port, state or home() / "simulator", host=host)


@click.command(hidden=True)
def prepare() -> None:
    """Migrate the database and parse the dbt project."""
    from orchestration import environment
    from orchestration.dbt import Dbt
    from pipelines import raw_schema
    from pipelines.warehouse.connection import Warehouse
    from pipelines.warehouse.migrate import migrate

    warehouse = Warehouse.from_environment()
    applied = migrate(warehouse)
    raw_schema.ensure_tables(warehouse)
    Dbt(warehouse).parse()
    environment.dagster(warehouse)
    click.echo(f"✓ database ready ({len(applied)} migrations applied), models parsed")


@click.command("serve-api", hidden=True)
@click.option("--port", type=int, default=8000)
@click.option("--host", default="127.0.0.1")
def serve_api(port: int, host: str) -> None:
    """The API, which this package starts but does not import."""
    os.execv(sys.executable, [sys.executable, "-m", "api.server", "--host", host, "--port", str(port)])


@click.command("serve-code", hidden=True)
@click.option("--port", type=int, default=4000)
@click.option("--host", default="127.0.0.1")
def serve_code(port: int, host: str) -> None:
    """Dagster's code server: one for web server, daemon and runs."""
    options = ["-p", str(port), "--host", host, "--location-name", LOCATION, "--use-python-environment-entry-point"]
    _become("api", "grpc", *options, "-m", "orchestration.definitions", "--log-level", "warning")


@click.command("serve-dagster", hidden=True)
@click.option("--port", type=int, default=3000)
@click.option("--host", default="127.0.0.1")
@click.option("--code", required=True, help="host:port of the code server")
def serve_dagster(port: int, host: str, code: str) -> None:
    """Dagster's web server."""
    _become_webserver("-h", host, "-p", str(port), "-w", str(_workspace(code)), "--log-level", "warning")


@click.command("run-daemon", hidden=True)
@click.option("--code", required=True, help="host:port of the code server")
def run_daemon(code: str) -> None:
    """Dagster's daemon: schedules, sensors, the run queue."""
    _become_daemon("run", "-w", str(_workspace(code)), "--log-level", "warning")


def _workspace(code: str) -> Path:
    from pipelines.warehouse.home import home

    host, _, port = code.rpartition(":")
    server = {"host": host, "port": int(port), "location_name": LOCATION}
    path = home() / "dagster" / f"workspace-{port}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    return path


def _become(*arguments: str) -> None:
    _run_module("dagster", *arguments)


def _become_webserver(*arguments: str) -> None:
    _run_module("dagster_webserver", *arguments)


def _become_daemon(*arguments: str) -> None:
    _run_module("dagster._daemon", *arguments)


def _run_module(module: str, *arguments: str) -> None:
    """Turn this process into a Dagster program that has our settings."""
    from orchestration import environment
    from pipelines.warehouse.connection import Warehouse

    environment.enter(Warehouse.from_environment())
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])

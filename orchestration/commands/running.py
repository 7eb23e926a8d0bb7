"""Commands about the stack itself: up, status, stop, sign-in, doctor."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from typing import Any

import click

STOP_SECONDS = 40.0
SERVICES = ("simulator", "code", "webserver", "daemon", "api", "webhooks")


def register(cli: click.Group) -> None:
    """Add the commands."""
    for command in (up, status, stop, sign_in, doctor):
        cli.add_command(command)


@click.command()
def up() -> None:
    """Start everything, filled; Ctrl-C stops it. CLEARSIGNAL_ONCE=1 fills, checks, stops."""
    from orchestration import stack

    _quiet_interrupts()
    raise click.exceptions.Exit(stack.run())


def _quiet_interrupts() -> None:
    """A start in the background of a script has Ctrl-C ignored; `clearsignal stop` and SIGINT must still work."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """What runs and where. Exit 0: all of it, 1: part of it, 2: nothing."""
    found = look()
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, service in found["services"].items():
            mark = "✓" if service["answers"] else "✗"
            process = f"pid {service['pid']}" if service["pid"] else ""
            click.echo(f"  {mark} {name:<12} {service['address'] or '':<30} {process}".rstrip())
        for connection in found["waiting"]:
            click.echo(f"  ! {connection['tenant']}: {connection['source']} {connection['name']} {connection['why']}")
        for connection in found["first_syncs"]:
            click.echo(f"  … {connection['tenant']}: {connection['source']} {connection['name']} {connection['past']}")
    raise click.exceptions.Exit(found["code"])


def look() -> dict[str, Any]:
    """Every service with its process, its address and whether it answers."""
    from orchestration import home_lock, ports
    from orchestration.processes import Children
    from pipelines.warehouse import embedded, home

    folder = home.home()
    known = {record.name: record for record in Children(folder).recorded()}
    chosen = ports.remembered(folder)
    pages = {"api": "/health", "webserver": "/server_info", "simulator": "/world"}
    numbers = {"api": chosen["API"], "webserver": chosen["DAGSTER"], "simulator": chosen["SIMULATOR"]}
    services: dict[str, dict[str, Any]] = {}
    url = os.environ.get("DATABASE_URL") or embedded.running_url(folder, home.secret_key(folder))
    where = url.rpartition("@")[2] if url else None
    services["database"] = {"pid": None, "address": where, "answers": bool(url and _database_answers(url))}
    for name in SERVICES:
        record = known.get(name)
        if record is None and name == "simulator":
            continue
        alive = bool(record and record.is_alive)
        address = f"http://127.0.0.1:{numbers[name]}" if name in numbers else None
        answers = alive and (address is None or _answers(address + pages[name]))
        services[name] = {"pid": record.pid if record and alive else None, "address": address, "answers": answers}
    good = [service["answers"] for service in services.values()]
    code = 0 if all(good) else 1 if any(good) else 2
    waiting, first_syncs = _connections() if services["database"]["answers"] else ([], [])
    return {"stack": home_lock.holder(folder), "home": str(folder), "services": services, "waiting": waiting,
            "first_syncs": first_syncs, "code": code}  # fmt: skip


def _connections() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Those that are left alone now, since they failed, with why; and those that have a past to read, with how far."""
    import psycopg

    from pipelines import backfill_progress, holds
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    try:
        with warehouse.connect("loader") as database:
            found = backfill_progress.unfinished(database)
        pasts = [
            dict(zip(("tenant", "source", "name"), key, strict=True), past=left.words) for key, left in found.items()
        ]
        return holds.told(warehouse), pasts
    except psycopg.Error:  # not migrated yet
        return [], []


def _database_answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


@click.command()
@click.option("--quiet", is_flag=True, help="Say nothing where nothing runs.")
def stop(quiet: bool) -> None:
    """Stop what runs from this home folder, or what a killed start left behind."""
    from orchestration import home_lock
    from orchestration.processes import Children
    from pipelines.warehouse import embedded, home

    folder = home.home()
    holder = home_lock.holder(folder)
    stopped: list[str] = []
    if holder:
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while home_lock.holder(folder) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
        stopped.append(f"stack (pid {holder})")
    stopped += Children(folder).stop_all()
    if not os.environ.get("DATABASE_URL") and embedded.running_url(folder, home.secret_key(folder)):
        embedded.stop(folder)
        stopped.append("database")
    if stopped or not quiet:
        click.echo(f"✓ stopped: {', '.join(stopped)}" if stopped else "Nothing runs from this home folder.")


@click.command("sign-in")
@click.option("--tenant", help="Slug, partition key or id (default: the first one).")
@click.option("--user", "email", help="E-mail (default: an administrator of the tenant).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def sign_in(tenant: str | None, email: str | None, as_json: bool) -> None:
    """Print a way in that works once, within 15 minutes."""
    from orchestration.welcome import code_for
    from pipelines.warehouse.connection import Warehouse

    found = code_for(Warehouse.from_environment(), tenant, email)
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"  {found['user']} of {found['tenant']}, one use, 15 minutes:")
    click.echo(f"    {found['code']}   {found['link']}")
    body = json.dumps({"code": found["code"]})
    click.echo(f"    curl {found['api']}/api/v1/auth/sign-in-code -H 'content-type: application/json' -d '{body}'")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Check everything by its effect. Exit 0: well, 1: something to mend, 2: cannot run."""
    from orchestration.doctor import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([finding.__dict__ for finding in findings]))
    else:
        for each in findings:
            click.echo(f"  {each.mark} {each.name:<16} {each.seconds:>6.2f} s   {each.text}")
            if each.cure:
                click.echo(f"      Do: {each.cure}")
    marks = {each.mark for each in findings}
    raise click.exceptions.Exit(2 if "✗" in marks else 1 if "!" in marks else 0)

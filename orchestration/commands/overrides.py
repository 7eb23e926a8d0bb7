"""Commands about what a person decides against the rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import click

from orchestration.commands.connections import _tenant
from orchestration.tables import show

KINDS = ("change_failure", "incident_cause", "not_a_deployment", "same_person")


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(override)


@click.group()
def override() -> None:
    """What a person knows better than the rules: it wins over them, and can be undone."""


@override.command("add")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("subject")
@click.option("--object", "object_id", help="Of incident_cause: the deployment; of same_person: the contributor.")
@click.option("--not", "is_not", is_flag=True, help="It is not so: no change failure, not the cause.")
@click.option("--reason", required=True, help="Why, for those who read the figure later.")
@click.option("--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), help="It counts from this day of the data on.")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
def add_override(
    kind: str, subject: str, object_id: str | None, is_not: bool, reason: str, valid_from: datetime | None,
    tenant_name: str | None,
) -> None:  # fmt: skip
    """Decide: change_failure or not_a_deployment of a deployment_id, incident_cause of an issue_id.

    same_person of a login, a name or an e-mail address: it is the contributor of --object.
    """
    from pipelines import override_subjects, overrides

    day: date | None = valid_from.date() if valid_from else None
    wanted = override_subjects.Wanted(kind, subject, reason, object_id, not is_not, day)
    with _database(tenant_name) as (database, author):
        try:
            stored = overrides.add(database, author, wanted)
        except (override_subjects.InvalidOverride, overrides.OverrideExists) as error:
            raise click.UsageError(f"{getattr(error, 'field', kind)}: {error}") from None
    click.echo(f"✓ it counts from the next transform on ({stored.override_id})")
    click.echo(f"  Take it back: clearsignal override undo {stored.override_id}")


@override.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that were undone too.")
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_overrides(is_all: bool, tenant_name: str | None, as_json: bool) -> None:
    """Who decided what and why, newest first."""
    from pipelines import overrides

    with _database(tenant_name) as (database, _):
        found = overrides.listed(database, None if is_all else False)
    show([{name: _plain(value) for name, value in vars(each).items()} for each in found], as_json)


@override.command("undo")
@click.argument("override_id", type=click.UUID)
@click.option("--tenant", "tenant_name", help="Slug, partition key or id (default: the only one).")
def undo_override(override_id: UUID, tenant_name: str | None) -> None:
    """Let the rules decide again."""
    from pipelines import overrides

    with _database(tenant_name) as (database, author):
        try:
            overrides.undo(database, author, override_id)
        except (overrides.NoSuchOverride, overrides.AlreadyUndone) as error:
            raise click.UsageError(f"{error} Do: see clearsignal override list --all.") from None
    click.echo("✓ the rules decide again from the next transform on")


@contextmanager
def _database(tenant_name: str | None) -> Iterator[tuple[Any, Any]]:
    """A transaction as the tenant, and the operator as its author."""
    from pipelines.connection_changes import Author
    from pipelines.warehouse.connection import Warehouse

    warehouse = Warehouse.from_environment()
    tenant = _tenant(warehouse, tenant_name)
    with warehouse.connect_as_tenant(tenant.tenant_id) as database:
        yield database, Author(tenant.tenant_id)


def _plain(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, (int, float)) else str(value)

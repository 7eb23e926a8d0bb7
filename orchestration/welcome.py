"""What `make up` and `clearsignal sign-in` print: addresses and a way in."""

from collections.abc import Mapping

import click

from orchestration import ports
from orchestration.progress import Progress, duration
from pipelines import tenants
from pipelines.warehouse.connection import Warehouse

ADMINISTRATOR = """
select u.email from app."user" as u join app.membership as m using (user_id)
where m.tenant_id = %(tenant)s and u.deleted_at is null and (%(email)s::text is null or u.email = %(email)s)
order by m.role = 'admin' desc, u.email limit 1
"""


def show(progress: Progress, warehouse: Warehouse, chosen: Mapping[str, int], seconds: float, has_demo: bool) -> None:
    """Addresses, a way in, and what to do next."""
    api, dagster = f"http://127.0.0.1:{chosen['API']}", f"http://127.0.0.1:{chosen['DAGSTER']}"
    progress.say()
    progress.say(f"  Ready in {duration(seconds)}")
    lines = {"API docs": f"{api}/docs", "Dagster": dagster, "Definitions": f"{api}/definitions"}
    for name, address in lines.items():
        progress.say(f"    {name:<12} {address}")
    for line in _ways_in(warehouse, has_demo):
        progress.say(f"    {line}")
    progress.say("    Again: clearsignal sign-in · Health: clearsignal doctor · Stop: Ctrl-C")


def code_for(warehouse: Warehouse, tenant: str | None = None, email: str | None = None) -> dict[str, str]:
    """A one-use code for a user of a tenant (default: an administrator of the first one), and how to use it."""
    from pipelines import accounts

    everyone = tenants.all(warehouse)
    if not everyone:
        raise click.UsageError("there is no tenant yet. Do: clearsignal tenant add NAME.")
    found = tenants.find(warehouse, tenant) if tenant else everyone[0]
    with warehouse.connect("loader") as connection:
        wanted = {"tenant": found.tenant_id, "email": email.strip().casefold() if email else None}
        row = connection.execute(ADMINISTRATOR, wanted).fetchone()
    if row is None:
        raise click.UsageError(
            f"{found.slug} has no such user. Do: clearsignal user add EMAIL --tenant {found.slug} --role admin."
        )
    code = accounts.sign_in_code(warehouse, found, row[0])
    api = f"http://127.0.0.1:{ports.remembered(warehouse.home)['API']}"
    # In the fragment, which browsers do not send: so the code is in no log.
    return {"tenant": found.slug, "user": row[0], "code": code, "api": api, "link": f"{api}/docs#/sign-in?code={code}"}


def _ways_in(warehouse: Warehouse, has_demo: bool) -> list[str]:
    if not tenants.all(warehouse):
        return ["No tenant yet. Do: clearsignal tenant add NAME, then clearsignal connection add."]
    lines = []
    if has_demo:
        from pipelines import demo

        users = [demo.email(slug) for slug in demo.TENANTS]
        lines.append(f"{'Sign in':<12} {' or '.join(users)}, password {demo.password(warehouse)}")
    try:
        found = code_for(warehouse)
    except click.UsageError as error:
        return [*lines, error.message]
    return [*lines, f"{'One use':<12} {found['link']} ({found['user']}, 15 minutes)"]

"""Three demo tenants over the simulator, with everything connected. One token is wrong on purpose."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines import accounts, connections, demo_configuration, stored_connections, tenants
from pipelines.http import Client
from pipelines.tenants import Place, Tenant
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks.signatures import SIGNATURES

NEWS_PACE_SECONDS = 0.06  # the simulator asks for 0.05; the real API for 5


@dataclass(frozen=True)
class Demo:
    """One demo tenant. `token_is_wrong`: its GitHub token is refused, to show a failure that stays its own."""

    slug: str
    name: str
    time_zone: str
    currency: str
    places: tuple[Place, ...]
    token_is_wrong: bool = False
    services_are_paths: bool = False


DEMOS = (
    Demo("acme", "Acme", "Europe/Berlin", "EUR", (
        Place("Berlin", "DE", 52.52437, 13.41053, "Europe/Berlin"),
        Place("Hamburg", "DE", 53.55073, 9.99302, "Europe/Berlin"),
    )),
    Demo("globex", "Globex", "America/New_York", "USD", (
        Place("New York", "US", 40.71427, -74.00597, "America/New_York"),
    ), token_is_wrong=True, services_are_paths=True),
    Demo("initech", "Initech", "Asia/Kolkata", "INR", (
        Place("Bengaluru", "IN", 12.97194, 77.59369, "Asia/Kolkata"),
    )),
)  # fmt: skip
TENANTS = tuple(demo.slug for demo in DEMOS)


def create(warehouse: Warehouse, simulator_url: str, demos: Iterable[Demo] = DEMOS) -> list[Tenant]:
    """Make the demo tenants with users and seven connections each. Safe to repeat; a moved simulator is followed."""
    made = []
    for demo in demos:
        tenant = tenants.create(warehouse, demo.slug, demo.name, demo.time_zone, demo.places, is_demo=True)
        accounts.create_user(warehouse, email(demo.slug), f"{demo.name} demo", password(warehouse), tenant, "admin")
        _connect(warehouse, demo, tenant, simulator_url.rstrip("/"))
        services = _services(simulator_url, demo.slug)
        if demo.services_are_paths:
            _map_paths_to_services(warehouse, tenant, services)
        demo_configuration.configure(warehouse, tenant, services)
        made.append(tenant)
    return made


def remove(warehouse: Warehouse) -> list[str]:
    """Take the demo tenants away with all that is theirs; return their slugs. Real tenants stay as they are."""
    gone = [tenant for tenant in tenants.all(warehouse) if tenant.is_demo]
    for tenant in gone:
        tenants.remove(warehouse, tenant)
    return [tenant.slug for tenant in gone]


def email(slug: str) -> str:
    """The demo user of a tenant."""
    return f"demo@{slug}.example"


def password(warehouse: Warehouse) -> str:
    """The demo users' password: the same at every start, and known only to who has the secret key."""
    return base64.b32encode(warehouse.derive("demo password"))[:16].decode().lower()


def webhook_secret(warehouse: Warehouse, slug: str) -> str:
    """What the simulator signs a demo tenant's webhooks with: the same at every start, as the password is."""
    return base64.b32encode(warehouse.derive(f"demo webhooks of {slug}"))[:24].decode().lower()


def configs(demo: Demo, simulator_url: str) -> list[dict[str, Any]]:
    """One connection to each source."""
    slug = demo.slug
    token = "wrong-on-purpose" if demo.token_is_wrong else f"github-{slug}"
    return [
        {
            "source": "github",
            "organization": slug,
            "token": token,
            "base_url": f"{simulator_url}/github",
            "api": "graphql",
        },
        {"source": "jira", "email": email(slug), "token": f"jira-{slug}", "base_url": f"{simulator_url}/jira/{slug}"},
        {"source": "hubspot", "token": f"hubspot-{slug}", "base_url": f"{simulator_url}/hubspot/{slug}"},
        {"source": "gdelt", "base_url": f"{simulator_url}/gdelt", "pace_seconds": NEWS_PACE_SECONDS},
        {
            "source": "open_meteo",
            "base_url": f"{simulator_url}/open_meteo",
            "archive_url": f"{simulator_url}/open_meteo",
        },
        {"source": "exchange_rates", "base": demo.currency, "base_url": f"{simulator_url}/exchange_rates"},
        {"source": "geonames", "username": "demo", "base_url": f"{simulator_url}/geonames"},
    ]


def _connect(warehouse: Warehouse, demo: Demo, tenant: Tenant, simulator_url: str) -> None:
    stored = {(one.source, one.name): one.connection for one in stored_connections.of(warehouse, tenant)}
    signing = {"webhook_secret": webhook_secret(warehouse, demo.slug)}
    for config in configs(demo, simulator_url):
        config |= signing if config["source"] in SIGNATURES else {}
        if stored.get((config["source"], "demo")) != connections.parse(config):
            stored_connections.add(warehouse, tenant, "demo", config, allow_private=True)


def _services(simulator_url: str, slug: str) -> list[str]:
    """The services that the simulated company has. Raises SyncError where the simulator does not answer."""
    companies = Client(simulator_url).json("/world")["companies"]
    return [service for company in companies if company["slug"] == slug for service in company["services"]]


def _map_paths_to_services(warehouse: Warehouse, tenant: Tenant, services: list[str]) -> None:
    """A monorepo: `services/<name>/…` belongs to the service of that name."""
    with warehouse.connect("loader") as connection:
        for position, service in enumerate(services, 1):
            connection.execute(
                "insert into app.service_path (tenant_id, position, repository, path, service)"
                " values (%s, %s, '*', %s, %s) on conflict do nothing",
                [tenant.tenant_id, position, f"services/{service}/**", service],
            )

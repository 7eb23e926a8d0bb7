"""The demo's webhooks: the running simulator is asked to tell the running API what happened in its world."""

from datetime import datetime, timedelta

from orchestration import ports
from pipelines import demo, stored_connections, tenants
from pipelines.http import Client
from pipelines.warehouse.connection import Warehouse


def tell(warehouse: Warehouse, slug: str, hours: int) -> dict[str, dict[str, int]]:
    """By source, how often each status was answered. Raises SyncError where the simulator does not answer."""
    chosen = ports.remembered(warehouse.home)
    simulator = Client(f"http://127.0.0.1:{chosen['SIMULATOR']}")
    since = datetime.fromisoformat(simulator.json("/world")["now"]) - timedelta(hours=hours)
    told = {}
    for stored in stored_connections.of(warehouse, tenants.find(warehouse, slug)):
        if getattr(stored.connection, "webhook_secret", None) == demo.webhook_secret(warehouse, slug):
            answer = simulator.post("/world/webhooks", {
                "company": slug, "provider": stored.source, "since": since.isoformat(),
                "url": f"http://127.0.0.1:{chosen['API']}/api/v1/webhooks/{stored.source}/{stored.connection_id}",
                "secret": demo.webhook_secret(warehouse, slug),
            })  # fmt: skip
            told[stored.source] = answer["answers"]
    return told

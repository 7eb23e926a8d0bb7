"""Whose turn it is: the connections of a sync, the quick ones first, without those that are left alone for now."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from pipelines import stored_connections
from pipelines.holds import WHOLE, Hold
from pipelines.stored_connections import StoredConnection
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Turn:
    """A connection, how long its last load took (infinite: it has none) and what holds it."""

    stored: StoredConnection
    last_seconds: float = float("inf")
    hold: Hold | None = None

    @property
    def is_paused_by_its_owner(self) -> bool:
        """Not by its failures."""
        return self.stored.is_paused and not (self.hold is not None and self.hold.needs_attention)

    def waits_for(self, now: datetime, is_asked_for: bool) -> Hold | None:
        """What keeps it from being tried now. Who asks for it by its id may try at once."""
        return None if is_asked_for or self.hold is None or not self.hold.holds_at(now) else self.hold


def of(warehouse: Warehouse, tenant: Tenant, source: str, database: Connection) -> list[Turn]:
    """The turns of a tenant's connections to a source."""
    rows = database.execute(
        """
        select c.connection_id, c.last_load_seconds, h.error_class, h.reason, h.failure_count, h.resume_at,
            h.needs_attention
        from app.connection as c
        left join app.sync_hold as h
            on h.tenant_id = c.tenant_id and h.connection_id = c.connection_id and h.resource = %s
        where c.tenant_id = %s and c.source = %s
        """,
        [WHOLE, tenant.tenant_id, source],
    ).fetchall()
    known = {row[0]: row[1:] for row in rows}
    turns = []
    for stored in stored_connections.of(warehouse, tenant, source, database):
        seconds, error_class, *told = known.get(stored.connection_id, (None, None))
        hold = Hold(stored.connection_id, WHOLE, error_class, *told) if error_class else None
        turns.append(Turn(stored, float("inf") if seconds is None else seconds, hold))
    return turns

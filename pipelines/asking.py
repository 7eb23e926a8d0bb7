"""How one sync of a connection asks its source: what it starts from, through which clients, on whose quota."""

import hashlib
import hmac
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import urlsplit

import psycopg

from pipelines.http import Client
from pipelines.kept import Kept
from pipelines.outcomes import Options
from pipelines.quota import Meter, record_left
from pipelines.response_cache import ResponseCache
from pipelines.sources import module_of
from pipelines.sources.reading import Request
from pipelines.stored_connections import StoredConnection
from pipelines.warehouse.connection import Warehouse


class Asking:
    """The clients of one sync, and the meters that count their requests."""

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection, options: "Options"
    ) -> None:
        self._warehouse, self._stored, self._database, self._options = warehouse, stored, database, options
        self._module = module_of(stored.source)
        self._meters: list[Meter] = []

    @property
    def requests(self) -> int:
        """How many requests to the source this took."""
        return sum(meter.taken for meter in self._meters)

    def request(self, cursors: dict[str, str], now: datetime) -> Request:
        """What the source module is asked, from these cursors on, by a sync that began at `now`."""
        stored, options = self._stored, self._options
        kept = Kept(self._database, stored.source, stored.tenant.tenant_id, stored.connection_id)
        return Request(
            stored.connection,
            self._client(stored.connection.base_url),
            now,
            cursors={} if options.full else cursors,
            full=options.full,
            sweep=options.sweep,
            places=kept.places(),
            wants_files=kept.has_service_paths(),
            cache=ResponseCache(lambda: self._warehouse.connect("loader"), now),
            other_client=self._client,
            kept=None if options.full else kept,
        )

    def give_back(self) -> None:
        """Leave to others what was taken of a quota and not used."""
        for meter in self._meters:
            meter.give_back()

    def record_left(self) -> None:
        """Write down what is left of the quotas."""
        owner = (self._stored.tenant.tenant_id, self._stored.connection_id)
        record_left(self._database, *owner, self._meters, self._options.clock)

    def _client(self, base_url: str, limits: dict[str, int] | None = None) -> Client:
        secrets = tuple(str.__str__(secret) for secret in self._stored.secrets)
        digest = hmac.new(self._warehouse.derive("quota"), "|".join(secrets).encode(), hashlib.sha256).hexdigest()
        meter = Meter(
            urlsplit(base_url).netloc,
            digest[:16] if secrets else "",
            self._module.limits(self._stored.connection) if limits is None else limits,
            lambda: nullcontext(self._database),
            self._options.clock,
        )
        self._meters.append(meter)
        return Client(
            base_url, secrets=secrets, meter=meter, public_only=not self._stored.allows_private,
            **self._module.client(self._stored.connection),
        )  # fmt: skip

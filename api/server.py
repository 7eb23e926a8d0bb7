"""Runs the application: granian, one worker, in this process. SIGTERM lets running requests end."""

import argparse
import asyncio
import signal
import socket
import sys

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from api.access_log import configure_logging
from api.app import create
from api.settings import Settings, SettingsInvalid
from pipelines.warehouse.connection import Warehouse, WarehouseUnavailable

BACKPRESSURE = 512  # requests at once; more wait in the socket's queue


class PortTaken(Exception):
    """Another program listens there. The message says what to do."""


def run(warehouse: Warehouse, host: str = "127.0.0.1", port: int = 8000, settings: Settings | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortTaken and SettingsInvalid."""
    configure_logging()
    application = create(warehouse, settings)
    _check_port(host, port)
    asyncio.run(serve(application, host, port, application.stopping))


async def serve(application: object, host: str, port: int, stopping: asyncio.Event | None = None) -> None:
    """Run an ASGI application until a signal ends it; `stopping` is set before what still runs is waited for."""
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        backpressure=BACKPRESSURE,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping is not None:
            stopping.set()
        server.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    await server.serve()


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"port {port} cannot be used: {error.strerror}. "
                "Do: stop what listens there, or set CLEARSIGNAL_API_PORT."
            ) from None


def main() -> None:
    """`python -m api.server`: the environment's warehouse on one port."""
    parser = argparse.ArgumentParser(description="Serve the Clearsignal API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    try:
        run(Warehouse.from_environment(), given.host, given.port)
    except (WarehouseUnavailable, SettingsInvalid, PortTaken) as error:
        print(f"✗ api: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()

"""Waiting for services: an answer over HTTP or gRPC, as long as their processes live."""

import time
import urllib.error
import urllib.request

from orchestration import ports
from orchestration.processes import Children
from orchestration.progress import duration

READY_SECONDS = 90.0


class StackFailed(Exception):
    """A service did not come up, or ended. The message says which and where its log is."""


class Waiting:
    """For the children of one stack. Everything raises StackFailed where one ends or stays silent."""

    def __init__(self, children: Children):
        self.children = children

    def for_answer(self, name: str, url: str, refuse: int = 500) -> None:
        """Until the address answers with a status below `refuse`."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    answer.read()
                return
            except urllib.error.HTTPError as error:
                if error.code < refuse:
                    return
            except (OSError, ValueError):
                pass
            self._check_alive(name, deadline)

    def for_code(self, port: int) -> None:
        """Until the code server answers on its port."""
        from grpc import channel_ready_future, insecure_channel

        deadline = time.monotonic() + READY_SECONDS
        while ports.is_free(port):
            self._check_alive("code", deadline)
        with insecure_channel(f"127.0.0.1:{port}") as channel:
            channel_ready_future(channel).result(timeout=READY_SECONDS)

    def _check_alive(self, name: str, deadline: float) -> None:
        log = self.children.logs / f"{name}.log"
        if name in self.children.ended():
            raise StackFailed(f"{name} ended while it started. Do: read {log}.")
        if time.monotonic() > deadline:
            raise StackFailed(f"{name} did not answer within {duration(READY_SECONDS)}. Do: read {log}.")
        time.sleep(0.1)

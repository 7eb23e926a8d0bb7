"""What tests of everything that reads a source share."""

import time

import pytest

from pipelines import http


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients wait a tenth of a second at most between two tries."""
    made = http.Client.__post_init__

    def hurry(client: http.Client) -> None:
        made(client)
        client.sleep = lambda seconds: time.sleep(min(seconds, 0.1))

    monkeypatch.setattr(http.Client, "__post_init__", hurry)

"""The pages in a real browser: what a person sees who follows a link."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines import accounts
from tests.api.conftest import fill
from tests.api.test_server import await_answer, start
from tests.conftest import free_port

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=15000",
)  # fmt: skip


@pytest.fixture
def page(tmp_path: Path):
    """The page's document after its scripts have run."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")

    def read(url: str) -> str:
        command = [BROWSER, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", url]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=os.environ).stdout

    return read


def test_the_link_of_sign_in_signs_in_once_and_leaves_no_code_behind(warehouse, page):
    acme, _ = fill(warehouse)
    code = accounts.sign_in_code(warehouse, acme, "admin@acme.example")
    port = free_port()
    server = start(warehouse, port)
    try:
        await_answer(port)
        link = f"http://127.0.0.1:{port}/docs#/sign-in?code={code}"

        first, second = page(link), page(link)

        assert "Signed in as admin" in first
        assert "readings" in first  # Swagger UI shows the marts
        assert "wrong, used or too old" in second
        assert code not in first + second
        assert code not in server_log(server)
    finally:
        server.kill()


def server_log(server: subprocess.Popen) -> str:
    server.terminate()
    return server.communicate(timeout=20)[1]

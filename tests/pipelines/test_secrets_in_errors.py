"""Canaries: a credential is in no place where an error is kept, whatever it made the transport or the source say."""

import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from pipelines import connection_probes, stored_connections
from pipelines.answers import Answer
from pipelines.connections import InvalidConnection, parse
from pipelines.credentials import Token, secret_texts
from pipelines.http import Client
from pipelines.scrubbing import scrub
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import module_of
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, sync

REFUSED = {
    "a line break inside": "canary\ntoken",
    "a zero-width space at its end": "canary-token\u200b",
    "another script": "canary-tоken",
    "a tab inside": "canary\ttoken",
    "NUL": "canary\0token",
    "nothing but blanks": " \n ",
    "very long": "canary" * 1_000,
}
TOKENS = {
    "github": {"organization": "acme"},
    "jira": {"base_url": "https://acme.atlassian.net", "email": "a@acme.example"},
    "hubspot": {},
    "zendesk": {"base_url": "https://acme.zendesk.com", "email": "a@acme.example"},
}
KEPT = ("sync_run", "sync_hold", "connection", "quota", "quarantine", "audit_entry")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=5)]) as made:
        yield made


def kept(warehouse: Warehouse) -> str:
    with warehouse.connect("loader") as database:
        return " ".join(str(database.execute(f"select * from app.{table}").fetchall()) for table in KEPT)


@pytest.mark.parametrize("source", TOKENS)
def test_the_blanks_around_a_copied_token_are_taken_off(source: str) -> None:
    made: Any = parse({"source": source, "token": " canary-token\r\n", **TOKENS[source]})

    assert str.__str__(made.token) == "canary-token"


@pytest.mark.parametrize("why", REFUSED)
@pytest.mark.parametrize("source", TOKENS)
def test_a_token_that_no_header_can_carry_is_refused_by_its_field(source: str, why: str) -> None:
    with pytest.raises(InvalidConnection) as refused:
        parse({"source": source, "token": REFUSED[why], **TOKENS[source]})

    assert "$.token" in str(refused.value)
    assert "canary" not in "".join(traceback.format_exception(refused.value)).partition("Error: ")[2]


def test_one_of_several_tokens_is_named_by_its_field() -> None:
    with pytest.raises(InvalidConnection, match=r"\$\.tokens") as refused:
        parse({"source": "github", "organization": "acme", "token": "x", "tokens": ["y", "canary\n2"]})
    assert "canary" not in str(refused.value)


def test_a_webhook_secret_is_kept_as_it_was_given() -> None:
    given = " geheim: ü\n"
    made: Any = parse({"source": "github", "organization": "acme", "token": "x", "webhook_secret": given})

    assert str.__str__(made.webhook_secret) == given


@pytest.mark.parametrize("email", ["a@acme.example\n", "a:b@acme.example", "ä@acme.example", "a b@acme.example", ""])
@pytest.mark.parametrize("source", ["jira", "zendesk"])
def test_an_address_to_sign_in_with_fits_a_header(source: str, email: str) -> None:
    with pytest.raises(InvalidConnection, match=r"\$\.email"):
        parse({"source": source, "token": "x", **TOKENS[source], "email": email})


@pytest.mark.parametrize("token", ["canary\n", "canary\r\nX: y", "canary-tоken"])
@pytest.mark.parametrize("how", ["header", "auth"])
def test_what_the_transport_refuses_is_told_in_fixed_words(token: str, how: str, simulator: Running) -> None:
    signed = {"headers": {"Authorization": f"Bearer {token}"}} if how == "header" else {"auth": ("a", token)}
    if how == "auth" and token.isascii():
        signed = {"auth": Signing(token)}
    with pytest.raises(SyncError) as failed:
        Client(simulator.url, **signed).json("/github/rate_limit")

    told = "".join(traceback.format_exception(failed.value))
    assert failed.value.error_class == "configuration"
    assert "characters that HTTP does not allow" in failed.value.message
    assert not any(part in told for part in ("canary", "Invalid header", "codec"))


class Signing:
    """Puts a token into a header after requests has looked at the headers, as GitHub's does."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@pytest.mark.parametrize(
    ("source", "token"),
    [*((source, "canary\ntоken") for source in TOKENS), ("github", "canary-token\n"), ("hubspot", "canary-token\n")],
)
def test_a_token_that_cannot_be_sent_is_kept_in_no_error(
    warehouse: Warehouse, simulator: Running, source: str, token: str, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As one that was stored before tokens were looked at: the second defence has to hold by itself."""
    monkeypatch.setattr("pipelines.connections.decode", lambda kind, value: Token(value))
    tenant = connect(warehouse, simulator.url, source, token=token)

    (outcome,) = sync(warehouse, source, tenant, now=NOW)
    (stored,) = stored_connections.of(warehouse, tenant, source)
    found = connection_probes.probe(stored.connection, public_only=False, now=NOW)

    assert outcome.error is not None and outcome.error.error_class == "configuration"
    assert found[0].error_class == "configuration"
    told = f"{outcome} {outcome.error} {found} {caplog.text} {kept(warehouse)}"
    assert not any(part in told for part in ("canary", "tоken"))
    assert secret_texts(stored.connection)[0] == token  # it was there to be shown


@pytest.mark.parametrize("source", TOKENS)
def test_a_source_that_repeats_the_token_is_not_quoted(
    warehouse: Warehouse, simulator: Running, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The readers' own errors too, which no client has looked through."""
    token = "can+ary/t=oken"
    tenant = connect(warehouse, simulator.url, source, token=token)

    def refuse(request: Any) -> Any:
        raise SyncError("permission", f"no: {token} {quote(token, safe='')}", what_to_do=f"not {token}")
        yield

    resources = module_of(source).RESOURCES
    monkeypatch.setitem(resources, next(iter(resources)), refuse)
    (outcome,) = sync(warehouse, source, tenant, now=NOW)
    (stored,) = stored_connections.of(warehouse, tenant, source)
    found = connection_probes.probe(stored.connection, public_only=False, now=NOW)

    told = f"{outcome} {outcome.error} {found} {kept(warehouse)}"
    assert "no: *** ***" in told
    assert not any(part in told for part in ("can+", "can%2B", "ary/"))


def test_an_excerpt_shows_no_half_of_a_token() -> None:
    token = "canary-token-of-forty-characters-or-more"
    for before in range(150, 201):
        body = b"x" * before + token.encode()
        answer = Answer("https://api.example/x", 401, {}, body, lambda text: scrub(text, [token]))
        assert "canary" not in answer.excerpt()

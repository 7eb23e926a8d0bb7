"""Webhooks in: who may tell us something, and what is stored of it, once, before the answer."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from pipelines import stored_connections
from tests.api.conftest import Served

CONFIGS: dict[str, dict[str, Any]] = {
    "github": {"organization": "acme", "token": "t"},
    "jira": {"email": "a@b.example", "token": "t", "base_url": "https://acme.atlassian.net"},
    "hubspot": {"token": "t"},
}
NOBODY = UUID(int=7)
ISSUE = {"action": "opened", "issue": {"id": 1}, "repository": {"full_name": "acme/shop"}}
BATCH = [
    {"eventId": 7, "subscriptionType": "ticket.creation", "objectId": 1, "occurredAt": 1, "attemptNumber": 0},
    {"eventId": 7, "subscriptionType": "ticket.propertyChange", "objectId": 1, "occurredAt": 2, "attemptNumber": 0},
]
OTHER = {"github": "jira", "jira": "hubspot", "hubspot": "github"}


@dataclass
class Sender:
    """Signs as the sources do."""

    served: Served
    ids: dict[tuple[str, str], str]  # (tenant's slug, source) → connection

    def secret(self, slug: str, source: str) -> str:
        return f"{source}-secret-of-{slug}"

    def path(self, slug: str, source: str) -> str:
        return f"/api/v1/webhooks/{source}/{self.ids[slug, source]}"

    def send(self, source: str, body: Any, *, slug: str = "acme", secret: str | None = None, path: str = "",
             at: float | None = None, delivery: str = "", signed_for: str = "", **headers: str) -> Any:  # fmt: skip
        """POST a body, signed with the connection's secret unless told otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = (self.secret(slug, source) if secret is None else secret).encode()
        path = path or self.path(slug, source)
        digest = hmac.new(key, raw, hashlib.sha256).hexdigest()
        if source == "github":
            own = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": delivery or str(uuid4()),
                   "X-Hub-Signature-256": f"sha256={digest}"}  # fmt: skip
        elif source == "jira":
            own = {
                "X-Atlassian-Webhook-Identifier": delivery or str(uuid4()),
                "X-Hub-Signature": f"sha256={digest}",
            }
        else:
            stamp = str(int((time.time() if at is None else at) * 1000))
            text = b"POST" + (signed_for or f"http://testserver.local{path}").encode() + raw + stamp.encode()
            signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
            own = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        sent = {"Content-Type": "application/json", "Host": "testserver.local", **own, **headers}
        return self.served.client.post(path, content=raw, headers={k: v.encode() for k, v in sent.items() if v})

    def stored(self) -> list[tuple]:
        with self.served.warehouse.connect("loader") as database:
            return database.execute(
                "select connection_id::text, source, event, position, body, status, delivery_id"
                " from app.webhook_event order by sequence"
            ).fetchall()


@pytest.fixture(scope="module")
def connected(served: Served) -> Sender:
    ids = {}
    for tenant in (served.acme, served.globex):
        for source, config in CONFIGS.items():
            fields = {**config, "source": source, "webhook_secret": f"{source}-secret-of-{tenant.slug}"}
            stored = stored_connections.add(served.warehouse, tenant, "main", fields)
            ids[tenant.slug, source] = str(stored.connection_id)
    return Sender(served, ids)


@pytest.fixture
def sender(connected: Sender) -> Sender:
    with connected.served.warehouse.connect("loader") as database:
        database.execute("delete from app.webhook_event")
    return connected


@pytest.mark.parametrize(
    ("source", "body", "event"),
    [("github", ISSUE, "issues"), ("jira", {"webhookEvent": "jira:issue_created", "issue": {}}, "jira:issue_created")],
)
def test_a_signed_event_is_stored_as_it_came(sender: Sender, source: str, body: Any, event: str) -> None:
    raw = json.dumps(body, indent=3).encode()

    answer = sender.send(source, raw, delivery="d1")

    assert (answer.status_code, answer.json()["data"]) == (202, {"events": 1, "stored": 1})
    assert sender.stored() == [(sender.ids["acme", source], source, event, 0, raw.decode(), "pending", "d1")]


def test_a_batch_is_one_event_each(sender: Sender) -> None:
    answer = sender.send("hubspot", BATCH)

    assert answer.json()["data"] == {"events": 2, "stored": 2}
    assert [(row[2], row[3], json.loads(row[4])) for row in sender.stored()] == [
        ("ticket.creation", 0, BATCH[0]), ("ticket.propertyChange", 1, BATCH[1]),
    ]  # fmt: skip


def test_what_is_sent_again_is_stored_once(sender: Sender) -> None:
    for _ in range(3):
        assert sender.send("github", ISSUE, delivery="same").status_code == 202
        assert sender.send("hubspot", [{**event, "attemptNumber": 2} for event in BATCH]).status_code == 202
    assert sender.send("hubspot", BATCH[1:]).json()["data"] == {"events": 1, "stored": 0}  # in another batch
    assert sender.send("github", ISSUE, slug="globex", delivery="same").json()["data"]["stored"] == 1

    assert len(sender.stored()) == 4


def test_the_tenants_own_path_is_the_same_handler(sender: Sender) -> None:
    tenant = sender.served.acme.tenant_id
    answer = sender.send("hubspot", BATCH, path=f"/api/webhooks/hubspot/{tenant}")
    ours = sender.send("hubspot", BATCH)
    foreign = sender.send("hubspot", BATCH, path=f"/api/webhooks/hubspot/{sender.served.globex.tenant_id}")

    assert (answer.status_code, answer.json()["data"]["stored"]) == (202, 2)
    assert (ours.status_code, ours.json()["data"]["stored"]) == (202, 0)
    assert foreign.status_code == 401
    assert {row[0] for row in sender.stored()} == {sender.ids["acme", "hubspot"]}


@pytest.mark.parametrize("source", ["github", "jira", "hubspot"])
def test_who_does_not_know_the_secret_learns_nothing(sender: Sender, source: str) -> None:
    body = BATCH if source == "hubspot" else {"webhookEvent": "jira:issue_created"}
    refused = [
        sender.send(source, body, secret="another"),
        sender.send(source, body, secret=sender.secret("globex", source)),
        sender.send(source, body, path=f"/api/v1/webhooks/{source}/{uuid4()}"),
        sender.send(source, body, path=sender.path("globex", source)),
        sender.send(source, b"no json", secret="another"),
        sender.send(source, body, path=f"/api/v1/webhooks/{source}/{sender.ids['acme', OTHER[source]]}"),
        sender.send(source, body, **{"X-Hub-Signature-256": "", "X-Hub-Signature": "", "X-HubSpot-Signature-v3": ""}),
        sender.send(source, body, **{"X-Hub-Signature-256": "sha256=é", "X-Hub-Signature": "sha1=1",
                                     "X-HubSpot-Signature-v3": "ü"}),
    ]  # fmt: skip
    assert {answer.status_code for answer in refused} == {401}
    assert len({answer.text for answer in refused}) == 1
    assert sender.stored() == []


def test_a_connection_without_a_secret_takes_nothing(sender: Sender) -> None:
    bare = stored_connections.add(
        sender.served.warehouse, sender.served.acme, "bare", {**CONFIGS["github"], "source": "github"}
    )

    for secret in ("", "None"):
        answer = sender.send("github", ISSUE, secret=secret, path=f"/api/v1/webhooks/github/{bare.connection_id}")
        assert answer.status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 365])
def test_an_old_or_future_time_is_refused(sender: Sender, minutes: float) -> None:
    assert sender.send("hubspot", BATCH, at=time.time() + 60 * minutes).status_code == 401
    assert sender.send("hubspot", BATCH, at=time.time() + 240).status_code == 202


def test_a_signature_for_another_address_is_refused(sender: Sender) -> None:
    path = sender.path("acme", "hubspot")
    elsewhere = sender.send("hubspot", BATCH, signed_for=f"https://evil.example{path}")
    proxied = sender.send("hubspot", BATCH, signed_for=f"https://testserver.local{path}")
    queried = sender.send(
        "hubspot", BATCH, path=f"{path}?from=a%40b", signed_for=f"https://testserver.local{path}?from=a@b"
    )

    assert [answer.status_code for answer in (elsewhere, proxied, queried)] == [401, 202, 202]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(sender: Sender) -> None:
    large = b'{"a": "' + b"x" * sender.served.services.settings.webhook_limit + b'"}'
    assert sender.send("github", large).status_code == 413
    assert (
        sender.send("github", b'{"a": "' + b"x" * 4_000_000 + b'"}').status_code == 202
    )  # more than other routes take


def test_large_bodies_wait_for_their_turn_and_small_ones_do_not(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b'{"a": "' + b"x" * 200_000 + b'"}'
    monkeypatch.setattr("api.edge.MOST_LARGE", 0)
    refused = sender.send("github", large)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert sender.send("github", ISSUE).status_code == 202

    monkeypatch.setattr("api.edge.MOST_LARGE", 1)  # one after the other each finds room
    assert [sender.send("github", large, secret=secret).status_code for secret in (None, "bad", None)] == [
        202,
        401,
        202,
    ]


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"[]", b"\xff{}", b"[" * 100_000, b'{"a": "\xed\xa0\x80"}'])
def test_a_signed_body_of_another_kind_is_the_senders_mistake(sender: Sender, body: bytes) -> None:
    answer = sender.send("github", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert sender.stored() == []


@pytest.mark.parametrize("path", [f"gitlab/{NOBODY}", "github/none", f"gdelt/{NOBODY}"])
def test_other_addresses_are_not_there(sender: Sender, path: str) -> None:
    assert sender.served.client.post(f"/api/v1/webhooks/{path}", content=b"{}").status_code == 404


def test_secrets_are_kept_apart_and_sealed(sender: Sender) -> None:
    with sender.served.warehouse.connect("loader") as database:
        rows = database.execute("select config::text, secrets, webhook_secret from app.connection").fetchall()
    assert all("secret-of" not in config and b"secret-of" not in (signing or b"") for config, _, signing in rows)
    (kept, *_) = stored_connections.of(sender.served.warehouse, sender.served.acme, "jira")
    assert kept.connection.webhook_secret == "jira-secret-of-acme"
    assert "jira-secret-of-acme" not in repr(kept)


def test_the_api_sees_its_tenants_events_alone_and_never_their_bodies(sender: Sender) -> None:
    sender.send("github", ISSUE)
    with sender.served.warehouse.connect("api") as database:
        count = "select count(*) from app.webhook_event"
        assert database.execute(count).fetchone() == (0,)
        database.execute("select set_config('app.tenant_id', %s, true)", [str(sender.served.globex.tenant_id)])
        assert database.execute(count).fetchone() == (0,)
        database.execute("select set_config('app.tenant_id', %s, true)", [str(sender.served.acme.tenant_id)])
        assert database.execute(count).fetchone() == (1,)
        for refused in ("select body from app.webhook_event", "delete from app.webhook_event",
                        "update app.webhook_event set status = 'applied'"):  # fmt: skip
            with pytest.raises(Exception, match="permission denied"), database.transaction():
                database.execute(refused)

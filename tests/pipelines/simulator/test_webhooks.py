"""What the simulator sends: bodies of the providers' own shapes, signed, with the same id each time."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from pipelines.simulator.server import Running, running
from pipelines.simulator.webhooks import EVENTS
from pipelines.webhooks.events import split
from pipelines.webhooks.signatures import SIGNATURES, Delivery

SINCE = "2026-05-29T12:00:00Z"


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    with running() as made:
        yield made


class Listener(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        self.received: list[Delivery] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Delivery("POST", (self.server.url,), headers, body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("source", list(EVENTS))
def test_it_signs_and_sends_again_and_out_of_order(world: Running, listener: Listener, source: str) -> None:
    asked = {"company": "acme", "provider": source, "since": SINCE, "url": listener.url, "secret": "s"}

    told = world.post("/world/webhooks", asked)
    inorder = [one for each in listener.received for one in split(source, each)]
    listener.received.clear()
    world.post("/world/webhooks", {**asked, "duplicates": 1, "shuffle": 1})
    shuffled = [one for each in listener.received for one in split(source, each)]

    assert told["answers"] == {"202": len(inorder) if source != "hubspot" else 1} and told["events"] == len(inorder) > 3
    assert all(SIGNATURES[source]("s", each) for each in listener.received)
    assert not any(SIGNATURES[source]("t", each) for each in listener.received)
    assert {one.delivery_id for one in shuffled} == {one.delivery_id for one in inorder}
    assert [one.delivery_id for one in shuffled][: len(inorder)] != [one.delivery_id for one in inorder]


def test_its_github_events_are_what_github_documents(world: Running, contracts: Path) -> None:
    schema = json.loads((contracts / "webhooks" / "github_webhooks.schema.json").read_text())
    world.post("/world/records/delete", {"company": "acme", "kind": "issues", "id": world.world.company("acme")
               .repositories["acme/storefront"].issues[0].issue_id})  # fmt: skip
    checked: Counter[tuple[str, str]] = Counter()
    for event in EVENTS["github"](world.world, "acme", 0):
        kind = (event.name, event.body.get("action", ""))
        checked[kind] += 1
        if checked[kind] <= 4:  # a validation costs a tenth of a second
            found = {"$ref": schema["x-events"][event.name], "definitions": schema["definitions"]}
            assert list(Draft7Validator(found).iter_errors(event.body)) == [], kind
    assert {name for name, _ in checked} >= {
        "issues",
        "pull_request",
        "push",
        "deployment",
        "deployment_status",
        "workflow_run",
    }
    assert ("issues", "deleted") in checked


def test_its_hubspot_events_are_what_hubspot_documents(world: Running, contracts: Path) -> None:
    components = json.loads((contracts / "hubspot.json").read_text())["components"]
    events = [one.body for one in EVENTS["hubspot"](world.world, "acme", 0)]
    components["schemas"]["WebhookEvent"]["properties"]["propertyValue"] = {"type": ["string", "null"]}
    schema = {"type": "array", "items": components["schemas"]["WebhookEvent"]}

    assert list(Draft202012Validator(schema).iter_errors(events)) == []
    assert {one["subscriptionType"] for one in events} >= {
        "ticket.creation",
        "ticket.propertyChange",
        "company.creation",
    }


def test_its_jira_events_name_what_happened(world: Running) -> None:
    for event in EVENTS["jira"](world.world, "acme", 0)[:50]:
        assert event.body["webhookEvent"] == event.name
        assert event.body["issue"]["id"].isdigit() and event.body["timestamp"] == event.at * 1000


def test_an_unknown_company_or_provider_is_refused(world: Running) -> None:
    for wrong in ({"provider": "gitlab"}, {"company": "nobody"}, {"url": "ftp://x"}):
        with pytest.raises(Exception, match="400"):
            world.post(
                "/world/webhooks", {"company": "acme", "provider": "github", "url": "http://127.0.0.1:9/", **wrong}
            )

"""Sends signed webhooks of what happened in the world, on request: also late, twice and out of order."""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
import requests
from litestar import post
from litestar.datastructures import State

from pipelines.simulator import github_webhooks, tracker_webhooks
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.told import Told
from pipelines.simulator.world import World

HUBSPOT_BATCH = 100
Message = tuple[bytes, dict[str, str]]  # body, headers
EVENTS: dict[str, Callable[[World, str, int], list[Told]]] = {
    "github": github_webhooks.events,
    "jira": tracker_webhooks.jira,
    "hubspot": tracker_webhooks.hubspot,
}


@post("/world/webhooks", status_code=200)
async def deliver(state: State, data: dict[str, Any]) -> dict[str, Any]:
    """Tell what happened in a company since an instant: {"company", "provider", "since", "url", "secret"}.

    "duplicates": each is sent so many times more; "shuffle": a seed, out of order; "last": only the newest so many.
    """
    provider, url, secret = (str(data.get(name, "")) for name in ("provider", "url", "secret"))
    if provider not in EVENTS or not url.startswith(("http://", "https://")):
        raise ValueError(f"send a url and a provider, one of {', '.join(EVENTS)}")
    told = EVENTS[provider](state.world, str(data.get("company")), parse_instant(str(data.get("since", "1970-01-01"))))
    told = told[-int(data["last"]) :] if data.get("last") else told
    told = told * (1 + int(data.get("duplicates") or 0))
    if data.get("shuffle") is not None:
        random.Random(int(data["shuffle"])).shuffle(told)
    answers = await asyncio.to_thread(_send, provider, url, secret, told)
    return {"events": len(told), "answers": answers}


def messages(provider: str, url: str, secret: str, told: Sequence[Told]) -> Iterable[Message]:
    """Signed as the provider signs, HubSpot's in batches. An event always has the same delivery id."""
    if provider == "hubspot":
        for events in _batches(told):
            yield _of_hubspot(url, secret, msgspec.json.encode([event.body for event in events]))
        return
    for event in told:
        body = msgspec.json.encode(event.body)
        signature = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        delivery = str(uuid5(NAMESPACE_URL, event.about))
        if provider == "github":
            yield body, {"X-GitHub-Event": event.name, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": signature}
        else:
            yield body, {"X-Atlassian-Webhook-Identifier": delivery, "X-Hub-Signature": signature}


def _batches(told: Sequence[Told]) -> Iterable[Sequence[Told]]:
    return (told[start : start + HUBSPOT_BATCH] for start in range(0, len(told), HUBSPOT_BATCH))


def _of_hubspot(url: str, secret: str, body: bytes) -> Message:
    stamp = str(int(time.time() * 1000))  # the wall clock's, also where the world's stands still
    signed = b"POST" + url.encode() + body + stamp.encode()
    signature = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    return body, {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


def _send(provider: str, url: str, secret: str, told: Sequence[Told]) -> dict[str, int]:
    """How often each status was answered; 0 where nobody answered."""
    answers: Counter[str] = Counter()
    with requests.Session() as session:
        session.trust_env = False
        for body, headers in messages(provider, url, secret, told):
            own = {"Content-Type": "application/json", **headers}
            try:
                answers[str(session.post(url, data=body, headers=own, timeout=10).status_code)] += 1
            except requests.RequestException:
                answers["0"] += 1
    return dict(answers)


HANDLERS = [deliver]

"""HubSpot CRM → raw_hubspot: lists by id, what changed by the search."""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipelines import answers
from pipelines.answers import Answer
from pipelines.sources import hubspot_batches
from pipelines.sources.hubspot_rows import COMPANY, CONTACT, TICKET, owner, plain_row, stage, ticket
from pipelines.sources.hubspot_search import FRONT, LIST_PAGE, changed, listed, listed_from
from pipelines.sources.readers import completed
from pipelines.sources.reading import Expected, Present, Reached, Reading, Request, Rows, at_once, present
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)
ASSOCIATED = ("companies", "contacts")  # with a ticket
SHORT_LIST = 1_000  # objects; so many are listed sooner than the last months' are searched for
ACCOUNT = "account"  # the one scope
MODIFIED = {"tickets": "hs_lastmodifieddate", "companies": "hs_lastmodifieddate", "contacts": "lastmodifieddate"}


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How HubSpot wants to be asked."""
    return {"headers": {"Authorization": f"Bearer {connection.token}"}, "check": check}


def check(answer: Answer) -> None:
    """A 429 names its policy: ten seconds can be waited for, a day cannot."""
    if answer.status == 429:
        policy = "DAILY" if b"DAILY" in answer.body else "TEN_SECONDLY_ROLLING"
        wait = answers.retry_after(answer.headers)
        wait = wait if wait is not None else (3600.0 if policy == "DAILY" else 10.0)
        message = f"HubSpot's {policy} limit is used up: {answer.excerpt()!r}"
        raise SyncError("rate_limited", message, http_status=429, retry_after=wait)
    if answer.status == 403 and (scopes := _lacking(answer.body)):
        message = f"HubSpot refuses {urlsplit(answer.url).path}: the private app lacks {scopes}"
        raise SyncError("permission", message, http_status=403, what_to_do=f"give the private app the scope {scopes}.")
    answers.check(answer)


def _lacking(body: bytes) -> str:
    """The scopes that a refused request would have needed, as HubSpot names them."""
    try:
        errors = msgspec.json.decode(body).get("errors") or []
        needed = [scope for each in errors for scope in (each.get("context") or {}).get("requiredGranularScopes", [])]
    except (msgspec.DecodeError, AttributeError):
        return ""
    return ", ".join(dict.fromkeys(map(str, needed)))


def pipelines(request: Request) -> Reading:
    """Ticket pipelines with the labels of their stages."""
    found = request.client.json("/crm/v3/pipelines/tickets")["results"]
    rows = [{**one, "object_type": "tickets", "stages": [stage(each) for each in one["stages"]]} for one in found]
    yield Rows("pipelines", rows)
    yield from present("pipelines", {"object_type": "tickets"}, rows)


def owners(request: Request) -> Reading:
    """Whom tickets belong to. Who was deactivated is not gone, but in a list apart: only a sweep asks for it."""
    found: list[dict] = []
    for archived in ("false", "true") if request.sweep else ("false",):
        for page in listed(request.client, "/crm/v3/owners", archived=archived):
            yield Rows("owners", [owner(one) for one in page])
            found += page
    if request.sweep:
        yield from present("owners", {}, found)


def tickets(request: Request) -> Reading:
    """Tickets that changed, with the history of their stage and their companies and contacts."""
    asked, path = asked_of_tickets(request), "/crm/v3/objects/tickets"
    whole = partial(hubspot_batches.whole, request.client, "tickets", asked=asked)

    def news(since: datetime) -> Iterator[list[dict]]:  # the search has neither history nor associations
        by = MODIFIED["tickets"]
        pages = changed(request.client, "tickets", [by], by, as_milliseconds(since))
        for _, found in completed(pages, partial(whole, linked=ASSOCIATED)):
            yield found

    def everything(place: str) -> Iterator[tuple[list[dict], str]]:
        # Without history, with which a page of a list is half as long.
        linked = {"associations": ",".join(ASSOCIATED), "properties": MODIFIED["tickets"]}
        pages = listed_from(place, request.client, path, LIST_PAGE, archived="false", **linked)
        for (_, following), found in completed(pages, lambda page: whole(page[0])):
            yield found, following

    is_whole = yield from _objects(
        request, "tickets", news, everything, lambda one: ticket(one, request.connection.jira_key_property)
    )
    if request.sweep and is_whole:
        yield from _present(request, "tickets")


def _present(request: Request, kind: str) -> Iterator[Present]:
    """What is there of a kind, by the list of all."""
    live = listed(request.client, f"/crm/v3/objects/{kind}", archived="false")
    yield from present(kind, {}, (one for page in live for one in page))


def _objects(
    request: Request, kind: str, news: Callable[[datetime], Iterator[list[dict]]],
    everything: Callable[[str], Iterator[tuple[list[dict], str]]], row: Callable[[dict], dict[str, Any]],
) -> Generator[Rows | Reached | Present, None, bool]:  # fmt: skip
    """What changed by the search, then the list, by ids, from where it was left; whether it came to its end.

    Of an account with a long list the last months come first, by the search.
    """
    since, past = request.since(kind, ACCOUNT, LOOKBACK), request.past(kind, ACCOUNT)
    if since is None and request.horizon and request.notes.get(f"count of {kind}", 0) > SHORT_LIST:
        since, past = request.horizon, FRONT
    newest: str | None = since.isoformat() if since else None
    for page in news(since) if since and not request.past_only else ():
        rows = [row(one) for one in page]
        yield Rows(kind, rows)
        newest = request.newest(newest, *(one["updated_at"] for one in rows))
    if since is not None:
        yield from request.reached(kind, ACCOUNT, [newest], past)
    if request.horizon and past:
        return False
    for page, following in everything(past) if past or since is None else ():
        rows = [row(one) for one in page]
        yield Rows(kind, rows)
        newest = request.newest(newest, *(one["updated_at"] for one in rows))
        yield from request.reached(kind, ACCOUNT, [newest], following)
    return True


def expected(request: Request) -> Iterator[Expected]:
    """How many objects the account has."""

    def count_of(kind: str) -> int:
        return request.client.post(f"/crm/v3/objects/{kind}/search", {"limit": 1})["total"]

    for kind, count in zip(MODIFIED, at_once(count_of, list(MODIFIED)), strict=True):
        request.notes[f"count of {kind}"] = count
        yield Expected(kind, count)


def asked_of_tickets(request: Request) -> dict[str, str]:
    """The query that brings a ticket with all that its row needs."""
    return {
        "properties": ",".join([*TICKET.values(), request.connection.jira_key_property]),
        "propertiesWithHistory": "hs_pipeline_stage",
        "associations": ",".join(ASSOCIATED),
    }


def simple(name: str, columns: dict[str, str]) -> Callable[[Request], Reading]:
    """Objects that are nothing but their properties."""
    properties = list(columns.values())

    def read(request: Request) -> Reading:
        def news(since: datetime) -> Iterator[list[dict]]:
            return changed(request.client, name, properties, MODIFIED[name], as_milliseconds(since))

        def everything(place: str) -> Iterator[tuple[list[dict], str]]:
            path, asked = f"/crm/v3/objects/{name}", ",".join(properties)
            return listed_from(place, request.client, path, LIST_PAGE, archived="false", properties=asked)

        is_whole = yield from _objects(request, name, news, everything, lambda one: plain_row(one, columns))
        if request.sweep and is_whole:
            yield from _present(request, name)

    return read


def as_milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "pipelines": pipelines,
    "owners": owners,
    "companies": simple("companies", COMPANY),
    "contacts": simple("contacts", CONTACT),
    "tickets": tickets,
}
NEEDS: dict[str, tuple[str, ...]] = {}  # none needs another

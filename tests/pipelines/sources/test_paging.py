"""How the pagers end, and how they refuse to run for ever."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from pipelines.answers import Answer
from pipelines.sources import github_paging, hubspot, hubspot_search, jira_search
from pipelines.sources.github_conditional import Conditional
from pipelines.sources.reading import Request
from pipelines.sync_error import SyncError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Script:
    """A client that answers from a function. Only transport is replaced; the pagers are the real ones."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, []

    def get(self, url: str, params: Any = None, tries: int = 5, headers: Any = None) -> Answer:
        self.asked.append(url)
        return self.answer(url)

    def post(self, path: str, body: dict) -> dict:
        self.asked.append(dict(body))
        return self.answer(body)


class Tagged(Script):
    """A list of pages; an unchanged one is a 304."""

    def __init__(self, *pages: list[dict]) -> None:
        self.pages, self.asked, self.statuses = list(pages), [], []

    def get(self, url: str, params: Any = None, tries: int = 5, headers: Any = None) -> Answer:
        number = int(dict(parse_qsl(urlsplit(url).query)).get("page", "1"))
        body = json.dumps(self.pages[number - 1]).encode()
        etag = f'"{zlib.crc32(body)}"'
        status = 304 if (headers or {}).get("If-None-Match") == etag else 200
        self.statuses.append(status)
        link = f'<https://api.github.com/x?per_page=2&page={number + 1}>; rel="next"'
        told = {"ETag": etag} | ({"Link": link} if status == 200 and number < len(self.pages) else {})
        return Answer(url, status, told, body if status == 200 else b"")


def page(rows: str, link: str = "") -> Answer:
    return Answer("https://api.github.com/x", 200, {"Link": link} if link else {}, rows.encode())


def test_github_pages_follow_link_alone() -> None:
    following = '<https://api.github.com/repositories/1/issues?after=Y3Vy>; rel="next", <https://x/>; rel="deprecation"'
    client = Script(lambda url: page("[2]") if "after=Y3Vy" in url else page("[1]", following))
    assert list(github_paging.pages(client, "/repos/a/b/issues")) == [[1], [2]]  # type: ignore[arg-type]
    assert client.asked[1] == "https://api.github.com/repositories/1/issues?after=Y3Vy"


def test_a_github_list_that_links_to_itself_ends() -> None:
    again = '<https://api.github.com/x?page=2>; rel="next"'
    client = Script(lambda url: page("[1]", again))
    with pytest.raises(SyncError, match="repeats"):
        list(github_paging.pages(client, "/x"))  # type: ignore[arg-type]


def test_a_page_too_large_for_github_is_halved_at_the_same_place() -> None:
    def respond(url: str) -> Answer:
        if "per_page=100" in url:
            raise SyncError("unavailable", "502", http_status=502)
        return page("[1]")

    client = Script(respond)
    start = "/x?per_page=100&page=3"
    assert github_paging._halved(start) == "/x?per_page=50&page=5"
    assert list(github_paging.pages(client, "/x")) == [[1]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "headers", "body", "error_class", "wait"),
    [
        (403, {"x-ratelimit-remaining": "0", "retry-after": "30"}, "API rate limit exceeded", "rate_limited", 30),
        (403, {"Retry-After": "12"}, "You have exceeded a secondary rate limit", "rate_limited", 12),
        (403, {}, "You have exceeded a secondary rate limit", "rate_limited", 60),
        (429, {}, "", "rate_limited", 60),
        (403, {"x-ratelimit-remaining": "4000"}, "Resource not accessible by integration", "permission", None),
    ],
)
def test_githubs_403_is_a_limit_or_a_permission(
    status: int, headers: dict, body: str, error_class: str, wait: float | None
) -> None:
    from requests.structures import CaseInsensitiveDict

    given = Answer("https://api.github.com/x", status, CaseInsensitiveDict(headers), body.encode())
    with pytest.raises(SyncError) as failed:
        github_paging.check(given)
    assert (failed.value.error_class, failed.value.retry_after) == (error_class, wait)


def conditional(client: Tagged, cursors: dict[str, str], sweep: bool = False, **options: Any) -> list[list[dict]]:
    """One sync's reading of a list; its ETags go into `cursors`."""
    asked = Request(None, client, NOW, cursors=dict(cursors), kept=object(), sweep=sweep)  # type: ignore[arg-type]
    found = Conditional(asked, "/x", {"per_page": 2})
    rows = [page.rows for page in found.pages(**options)]
    cursors.update({f"{one.resource}|{one.scope}": one.value for one in found.reached()})
    return rows


def test_only_pages_that_changed_are_read_again() -> None:
    client, cursors = Tagged([{"n": 1}, {"n": 2}], [{"n": 3}, {"n": 4}], [{"n": 5}]), {}
    assert len(conditional(client, cursors)) == 3 and len(cursors) == 3
    assert conditional(client, cursors) == [] and client.statuses[3:] == [304, 304, 304]
    client.pages[1] = [{"n": 3}, {"n": 9}]
    assert conditional(client, cursors) == [[{"n": 3}, {"n": 9}]]
    assert len(conditional(client, cursors, sweep=True)) == 3


def test_a_full_last_page_is_read_again_as_another_may_follow() -> None:
    client, cursors = Tagged([{"n": 1}, {"n": 2}]), {}
    conditional(client, cursors)
    client.pages.append([{"n": 3}])
    assert conditional(client, cursors) == [[{"n": 1}, {"n": 2}], [{"n": 3}]]


def test_of_a_list_whose_changes_move_to_the_front_only_the_front_is_asked_for() -> None:
    client, cursors = Tagged([{"n": 1}, {"n": 2}], [{"n": 3}]), {}
    assert len(conditional(client, cursors, ends_unchanged=True)) == 2 and len(cursors) == 1
    assert conditional(client, cursors, ends_unchanged=True) == [] and client.statuses == [200, 200, 304]


def test_a_short_jira_page_is_not_the_last() -> None:
    pages = {
        None: {"issues": [1], "nextPageToken": "a"},
        "a": {"issues": [], "nextPageToken": "b"},
        "b": {"issues": [2]},
    }
    assert list(jira_search.tokens(lambda more: pages[more.get("nextPageToken")], "issues")) == [[1], [], [2]]


def test_a_repeated_jira_token_is_an_error() -> None:
    with pytest.raises(SyncError, match="twice"):
        list(jira_search.tokens(lambda more: {"issues": [1], "nextPageToken": "a"}, "issues"))


def test_jql_minutes_are_of_the_owners_zone() -> None:
    assert jira_search.minute(NOW, ZoneInfo("Asia/Kolkata"), up=False) == '"2026-06-01 17:30"'
    assert jira_search.minute(NOW, ZoneInfo("Asia/Kolkata"), up=True) == '"2026-06-01 17:31"'


@pytest.mark.parametrize("minutes", range(-90, 150, 30))
@pytest.mark.parametrize("up", [True, False])
def test_a_jql_minute_that_the_clock_shows_twice_leaves_nothing_out(minutes: int, up: bool) -> None:
    """Berlin goes back from 3:00 to 2:00 at 1:00 UTC. Whichever of two same minutes Jira takes, all is asked for."""
    zone, time = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    written = datetime.strptime(jira_search.minute(time, zone, up=up), '"%Y-%m-%d %H:%M"')
    meant = [written.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    assert all(each >= time if up else each <= time for each in meant)


def test_a_search_of_jira_always_has_a_restriction() -> None:
    assert jira_search.restricted(("ACME", "OPS")) == "project in (ACME, OPS)"
    assert jira_search.restricted(()).startswith("updated >=")


def ticket(number: int, at: int) -> dict:
    return {"id": str(number), "properties": {"hs_lastmodifieddate": str(at)}}


@pytest.mark.parametrize("times", [range(12_345), [7] * 12_345, [0] * 5000 + [7] * 11_000 + [8] * 3])
def test_hubspots_search_goes_beyond_ten_thousand(times: Any) -> None:
    everything = [ticket(100 + number, at) for number, at in enumerate(times)]

    def search(body: dict) -> dict:
        found = everything
        for one in body["filterGroups"][0]["filters"]:
            value, name = int(one["value"]), one["propertyName"]
            read = (lambda t: int(t["id"])) if name == "hs_object_id" else (lambda t, n=name: int(t["properties"][n]))
            keep = {"GTE": lambda a, b: a >= b, "GT": lambda a, b: a > b, "EQ": lambda a, b: a == b}[one["operator"]]
            found = [t for t in found if keep(read(t), value)]
        start = int(body.get("after", 0))
        if start >= 10_000:
            raise SyncError("configuration", "beyond 10,000")
        end = start + body["limit"]
        answer: dict[str, Any] = {"results": found[start:end]}
        if end < len(found):
            answer["paging"] = {"next": {"after": str(end)}}
        return answer

    client = Script(search)
    found = hubspot_search.changed(client, "tickets", [], "hs_lastmodifieddate", 0)  # type: ignore[arg-type]
    assert {one["id"] for rows in found for one in rows} == {one["id"] for one in everything}


def test_hubspots_daily_limit_stops_and_the_rolling_one_waits() -> None:
    for policy, wait in (("DAILY", 3600), ("TEN_SECONDLY_ROLLING", 10)):
        given = Answer("https://api.hubapi.com/x", 429, {}, f'{{"policyName": "{policy}"}}'.encode())
        with pytest.raises(SyncError) as failed:
            hubspot.check(given)
        assert failed.value.retry_after == wait


def request(**cursors: str) -> Request:
    return Request(None, None, NOW, {f"{name}|x": value for name, value in cursors.items()})  # type: ignore[arg-type]


def test_a_cursor_in_the_future_counts_as_now() -> None:
    assert request(issues="2099-01-01T00:00:00Z").since("issues", "x", timedelta(minutes=5)) == NOW - timedelta(
        minutes=5
    )


@pytest.mark.parametrize("stored", ["", "nonsense", "{}"])
def test_a_cursor_that_is_no_time_reads_everything(stored: str) -> None:
    assert request(issues=stored).since("issues", "x", timedelta(0)) is None


def test_a_row_from_the_future_does_not_move_the_cursor() -> None:
    (reached,) = request().reached("issues", "x", ["2026-05-01T00:00:00Z", "2030-01-01T00:00:00Z"])
    assert reached.value == "2026-05-01T00:00:00+00:00"


def test_a_cursor_never_goes_back() -> None:
    (reached,) = request(issues="2026-05-20T00:00:00Z").reached("issues", "x", ["2026-05-01T00:00:00Z"])
    assert reached.value == "2026-05-20T00:00:00+00:00"


def test_a_full_read_starts_from_nothing() -> None:
    asked = request(issues="2026-05-20T00:00:00Z")
    asked.full = True
    assert asked.since("issues", "x", timedelta(0)) is None

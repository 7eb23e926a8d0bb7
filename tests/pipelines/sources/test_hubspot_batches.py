"""Tickets read by the hundred are those that would be read one by one."""

from collections.abc import Iterator

import pytest

from pipelines.http import Client
from pipelines.simulator import hubspot_batches as simulated
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import hubspot, hubspot_batches
from pipelines.sources.hubspot_search import listed
from pipelines.sync_error import SyncError

ASKED = {"properties": "subject,content", "propertiesWithHistory": "hs_pipeline_stage"}
TICKETS = "/crm/v3/objects/tickets"
LINKED = ("companies", "contacts")


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    with running([Charter("acme", days=150)]) as made:
        yield made


@pytest.fixture
def client(world: Running) -> Client:
    return Client(f"{world.url}/hubspot/acme", {"Authorization": "Bearer hubspot-acme"}, check=hubspot.check)


def ids(found: list[dict], kind: str) -> dict[str, set[str]]:
    """The associated ids by ticket."""
    return {one["id"]: {each["id"] for each in one["associations"].get(kind, {}).get("results", [])} for one in found}


def test_a_batch_brings_what_the_list_with_history_brings(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [one for page in listed(client, TICKETS, 50, **ASKED, associations=",".join(LINKED)) for one in page]
    assert len(alone) > hubspot_batches.HISTORY_BATCH
    monkeypatch.setattr(simulated, "MAX_ASSOCIATED", 1)  # so that who has two has a second page

    whole = hubspot_batches.whole(client, "tickets", [{"id": one["id"]} for one in alone], ASKED, LINKED)

    assert [one["id"] for one in whole] == [one["id"] for one in alone]
    for key in ("properties", "propertiesWithHistory", "createdAt", "updatedAt", "archived"):
        assert [one[key] for one in whole] == [one[key] for one in alone], key
    for kind in LINKED:
        assert ids(whole, kind) == ids(alone, kind)
    assert max(map(len, ids(alone, "contacts").values())) > 1


def test_what_was_archived_meanwhile_is_left_out_and_known_associations_are_kept(client: Client) -> None:
    (page, *_) = listed(client, TICKETS, 3)
    archived = next(listed(client, TICKETS, 1, archived="true"))
    given = [{**page[0], "associations": {"companies": {"results": [{"id": "7"}]}}}, *archived, page[2]]

    whole = hubspot_batches.whole(client, "tickets", given, ASKED)

    assert [one["id"] for one in whole] == [page[0]["id"], page[2]["id"]]
    assert [one["associations"] for one in whole] == [{"companies": {"results": [{"id": "7"}]}}, {}]
    assert hubspot_batches.whole(client, "tickets", [], ASKED, LINKED) == []


@pytest.mark.parametrize("kind", ["tickets/batch/read", "companies/batch/read"])
def test_a_batch_that_was_read_in_part_fails_and_leaves_nobody_out(kind: str) -> None:
    class Halting:
        """Answers what is asked for in full, but for one kind of batch."""

        def post(self, path: str, body: dict) -> dict:
            failed = {"numErrors": 1, "errors": [{"category": "SERVER_ERROR", "message": "an internal error"}]}
            return {"results": [], **(failed if path.endswith(kind) else {})}

    with pytest.raises(SyncError, match="in part: 'an internal error'"):
        hubspot_batches.whole(Halting(), "tickets", [{"id": "1"}], ASKED, LINKED)  # type: ignore[arg-type]

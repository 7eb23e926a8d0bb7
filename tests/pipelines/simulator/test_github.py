"""GitHub's handlers: who may ask, pages, ETags, limits, orders and filters, hand-made edits."""

import httpx
import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.server import running

CHECKOUT = "/repos/acme/checkout"


CHARTERS = [Charter("acme", "trunk", days=60), Charter("initech", "release", days=60)]
HEADERS = {"Authorization": "Bearer github-acme"}


@pytest.fixture(scope="module")
def simulator():
    """For tests that only read."""
    with running(CHARTERS) as found:
        yield found


@pytest.fixture(scope="module")
def client(simulator):
    with httpx.Client(base_url=simulator.url + "/github", headers=HEADERS) as found:
        yield found


@pytest.fixture
def own_simulator():
    """For tests that change the world."""
    with running(CHARTERS) as found:
        yield found


@pytest.fixture
def own_client(own_simulator):
    with httpx.Client(base_url=own_simulator.url + "/github", headers=HEADERS) as found:
        yield found


def everything(client: httpx.Client, path: str, **query) -> list:
    """All pages of a list, by its links."""
    rows, url = [], str(client.build_request("GET", path, params={"per_page": 100, **query}).url)
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows += body if isinstance(body, list) else next(v for v in body.values() if isinstance(v, list))
        url = answer.links.get("next", {}).get("url")
    return rows


def test_the_links_lead_through_every_pull_request_once(client, simulator):
    numbers = [pull["number"] for pull in everything(client, CHECKOUT + "/pulls", state="all", per_page=7)]

    assert sorted(numbers) == sorted(
        pull.number for pull in simulator.world.company("acme").pull_requests if pull.repository == "acme/checkout"
    )


def test_one_page_has_no_link_and_the_last_has_no_next(client):
    assert "link" not in client.get(CHECKOUT + "/tags").headers
    first = client.get(CHECKOUT + "/commits", params={"per_page": 20})
    last = client.get(first.links["last"]["url"])
    assert set(first.links) == {"next", "last"}
    assert set(last.links) == {"prev", "first"}


def test_a_page_never_holds_more_than_a_hundred(client):
    assert len(client.get(CHECKOUT + "/deployments", params={"per_page": 500}).json()) == 100


def test_a_known_etag_is_answered_by_304_and_costs_nothing(client):
    first = client.get(CHECKOUT + "/pulls")
    again = client.get(CHECKOUT + "/pulls", headers={"If-None-Match": first.headers["etag"]})
    after = client.get(CHECKOUT + "/pulls")

    assert (again.status_code, again.content) == (304, b"")
    assert int(after.headers["x-ratelimit-used"]) == int(first.headers["x-ratelimit-used"]) + 1


def test_what_changed_has_another_etag(own_client, own_simulator):
    first = own_client.get(CHECKOUT + "/deployments")
    own_simulator.advance(days=3)
    again = own_client.get(CHECKOUT + "/deployments", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "github-nobody"])
def test_a_wrong_token_is_refused(simulator, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.get(simulator.url + "/github" + CHECKOUT, headers=headers)

    assert answer.status_code == 401
    assert answer.json()["message"] == ("Bad credentials" if token else "Requires authentication")


def test_anothers_repository_is_not_there(client):
    assert client.get("/repos/initech/ledger").status_code == 404


def test_a_former_name_leads_to_the_repository(client):
    moved = client.get("/repos/acme/checkout-old/pulls", params={"state": "all", "per_page": 3})
    assert moved.status_code == 301

    followed = client.get(moved.headers["location"])
    assert followed.json() == client.get(CHECKOUT + "/pulls", params={"state": "all", "per_page": 3}).json()


def test_an_exhausted_limit_is_refused_until_its_window_ends(own_client, own_simulator):
    own_simulator.post("/world/settings", {"github_rate_limit": 3})
    answers = [own_client.get(CHECKOUT) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 403]
    assert answers[3].headers["x-ratelimit-remaining"] == "0"
    assert "rate limit exceeded" in answers[3].json()["message"]


def test_too_many_in_a_minute_are_told_to_wait(own_client, own_simulator):
    own_simulator.post("/world/settings", {"github_secondary_limit": 2})
    refused = [own_client.get(CHECKOUT) for _ in range(3)][2]

    assert refused.status_code == 403
    assert "secondary rate limit" in refused.json()["message"]
    assert int(refused.headers["retry-after"]) > 0


def test_pulls_by_update_come_newest_first(client):
    pulls = everything(client, CHECKOUT + "/pulls", state="all", sort="updated", direction="desc")
    updates = [pull["updated_at"] for pull in pulls]
    assert updates == sorted(updates, reverse=True)


def test_issues_since_hold_pull_requests_too_and_nothing_older(client):
    rows = everything(
        client, CHECKOUT + "/issues", state="all", since="2026-05-20T00:00:00Z", sort="updated", direction="asc"
    )
    assert {"pull_request" in row for row in rows} == {True, False}
    assert min(row["updated_at"] for row in rows) >= "2026-05-20T00:00:00Z"
    assert [row["updated_at"] for row in rows] == sorted(row["updated_at"] for row in rows)


def test_every_branch_lists_its_own_commits(simulator):
    headers = {"Authorization": "Bearer github-initech"}
    with httpx.Client(base_url=simulator.url + "/github", headers=headers) as client:
        branches = everything(client, "/repos/initech/ledger/branches")
        listed = {
            row["name"]: {c["sha"] for c in everything(client, "/repos/initech/ledger/commits", sha=row["name"])}
            for row in branches
        }
    releases = [name for name in listed if name.startswith("release/")]
    assert releases
    assert all(row["commit"]["sha"] in listed[row["name"]] for row in branches)
    assert all(listed[name] - listed["main"] for name in releases)


def test_a_squashed_pull_request_keeps_its_commits(client):
    merged = next(p for p in everything(client, CHECKOUT + "/pulls", state="closed") if p["merged_at"])
    commits = client.get(f"{CHECKOUT}/pulls/{merged['number']}/commits").json()
    assert commits[-1]["sha"] == merged["head"]["sha"]


def test_the_list_of_pulls_lacks_what_only_one_pull_tells(client):
    listed = client.get(CHECKOUT + "/pulls", params={"state": "all"}).json()[0]
    alone = client.get(f"{CHECKOUT}/pulls/{listed['number']}").json()
    assert set(alone) - set(listed) >= {"merged", "additions", "deletions", "changed_files", "merged_by"}


def test_statuses_are_newest_first_and_a_superseded_deployment_is_inactive(client):
    deployments = everything(client, CHECKOUT + "/deployments", environment="production")
    old = [client.get(f"{CHECKOUT}/deployments/{row['id']}/statuses").json() for row in deployments[3:12]]
    states = [[status["state"] for status in statuses] for statuses in old]

    assert ["inactive", "success", "in_progress", "queued"] in states
    assert [row["created_at"] for row in deployments] == sorted((r["created_at"] for r in deployments), reverse=True)


def test_runs_can_be_filtered_by_their_time_and_result(client):
    rows = everything(client, CHECKOUT + "/actions/runs", status="failure", created=">=2026-05-01")
    assert rows
    assert {row["conclusion"] for row in rows} == {"failure"}
    assert min(row["created_at"] for row in rows) >= "2026-05-01"


def test_a_deleted_record_is_gone_and_an_edited_one_is_new(own_client, own_simulator):
    issues = [row for row in everything(own_client, CHECKOUT + "/issues", state="all") if "pull_request" not in row]
    kept, gone = issues[-1], issues[-2]
    own_simulator.advance(hours=1)
    own_simulator.post("/world/records/delete", {"company": "acme", "kind": "issues", "id": gone["id"]})
    own_simulator.post(
        "/world/records/edit", {"company": "acme", "kind": "issues", "id": kept["id"], "changes": {"title": "Other"}}
    )

    rows = everything(own_client, CHECKOUT + "/issues", state="all", sort="updated", direction="desc")
    assert gone["id"] not in {row["id"] for row in rows}
    assert rows[0]["id"] == kept["id"]
    assert (rows[0]["title"], rows[0]["updated_at"]) == ("Other", "2026-06-01T13:00:00Z")
    assert own_client.get(f"{CHECKOUT}/issues/{gone['number']}").status_code == 404


def test_a_deleted_pull_request_is_in_no_list(own_client, own_simulator):
    gone = own_client.get(CHECKOUT + "/pulls", params={"state": "all"}).json()[0]
    own_simulator.post("/world/records/delete", {"company": "acme", "kind": "pull_requests", "id": gone["id"]})

    assert gone["number"] not in {row["number"] for row in everything(own_client, CHECKOUT + "/issues", state="all")}
    assert own_client.get(f"{CHECKOUT}/pulls/{gone['number']}").status_code == 404


def test_an_unknown_kind_of_record_is_refused(simulator):
    with pytest.raises(httpx.HTTPStatusError):
        body = {"company": "acme", "kind": "nonsense", "id": 1}
        httpx.post(simulator.url + "/world/records/delete", json=body).raise_for_status()

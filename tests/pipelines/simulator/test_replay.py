"""A recorded folder answers through the same handlers as a living company."""

import json
from pathlib import Path

import httpx
import pytest

from pipelines.simulator import replay
from pipelines.simulator.company import Charter
from pipelines.simulator.replay_lines import ReplayInvalid
from pipelines.simulator.server import running

ANTS = "/github/repos/panjf2000/ants"
SITE = "/jira/data/rest"


def line(url: str, body: object, given: object = None) -> str:
    return json.dumps({"request": {"url": url, "input": given}, "body": body})


def write(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def client(recorded):
    with (
        running([Charter("acme", days=5)], replay=[recorded]) as simulator,
        httpx.Client(base_url=simulator.url, timeout=30) as found,
    ):
        yield found


def pages(client: httpx.Client, path: str, **options) -> list[dict]:
    """All pages of a GitHub list, by its Link header."""
    found, url = [], path
    while url:
        answer = client.get(url, headers={"Authorization": "Bearer anything"}, **options)
        answer.raise_for_status()
        found += answer.json()
        url, options = answer.links.get("next", {}).get("url"), {}
    return found


def bodies(recorded: Path, name: str, key: str = "id") -> dict[str, dict]:
    lines = (recorded / name).read_text().splitlines()
    return {str(json.loads(text)["body"][key]): json.loads(text)["body"] for text in lines}


def test_recorded_pull_requests_come_back_as_recorded(client, recorded):
    expected = bodies(recorded, "github/pull_requests.jsonl")
    found = pages(client, f"{ANTS}/pulls?state=all&per_page=7")

    assert len(found) == len(expected)
    for pull in found:
        assert pull | expected[str(pull["id"])] == pull  # nothing lost or changed; only neutral values added


def test_merged_is_known_and_sizes_stay_unknown(client, recorded):
    headers = {"Authorization": "Bearer anything"}
    for number, body in bodies(recorded, "github/pull_requests.jsonl", "number").items():
        pull = client.get(f"{ANTS}/pulls/{number}", headers=headers).json()
        assert pull["merged"] == (body["merged_at"] is not None)
        assert "additions" not in pull


def test_commits_of_a_pull_request_are_found_below_it(client, recorded):
    wanted: dict[str, set[str]] = {}
    for text in (recorded / "github/pull_request_commits.jsonl").read_text().splitlines():
        recording = json.loads(text)
        wanted.setdefault(str(recording["request"]["input"]["Number"]), set()).add(recording["body"]["sha"])
    known = bodies(recorded, "github/pull_requests.jsonl", "number")

    assert wanted
    for number, shas in wanted.items():
        answer = client.get(f"{ANTS}/pulls/{number}/commits?per_page=100", headers={"Authorization": "Bearer x"})
        if number in known:
            assert {commit["sha"] for commit in answer.json()} == shas
            assert all("verified_at" in commit["commit"]["verification"] for commit in answer.json())
        else:  # its pull request was not recorded
            assert answer.status_code == 404


def test_issues_hold_pull_requests_once(client, recorded):
    issues = bodies(recorded, "github/issues.jsonl", "number")
    pulls = bodies(recorded, "github/pull_requests.jsonl", "number")
    found = pages(client, f"{ANTS}/issues?state=all&per_page=50")

    numbers = [str(issue["number"]) for issue in found]
    assert sorted(numbers) == sorted(set(issues) | set(pulls))
    assert {n for n, i in zip(numbers, found, strict=True) if "pull_request" not in i} == {
        n for n, issue in issues.items() if "pull_request" not in issue
    } - set(pulls)


def test_what_was_not_recorded_is_an_empty_list(client):
    for path in ("/deployments", "/releases", "/tags", "/branches", "/commits"):
        assert client.get(ANTS + path, headers={"Authorization": "Bearer x"}).json() == []


def test_a_repository_is_derived_from_the_addresses(client):
    found = client.get(ANTS, headers={"Authorization": "Bearer x"}).json()
    assert (found["full_name"], found["default_branch"]) == ("panjf2000/ants", "master")


def test_runs_and_their_jobs_are_joined_by_their_paths(client, recorded):
    headers = {"Authorization": "Bearer x"}
    runs = client.get(f"{ANTS}/actions/runs?per_page=100", headers=headers).json()
    assert runs["total_count"] == len(bodies(recorded, "github/workflow_runs.jsonl"))
    assert all(run["display_title"] for run in runs["workflow_runs"])


def search(client: httpx.Client, jql: str) -> list[dict]:
    found, token = [], None
    while True:
        asked = {"jql": jql, "fields": ["*all"], "maxResults": 10} | ({"nextPageToken": token} if token else {})
        page = client.post(f"{SITE}/api/3/search/jql", json=asked, auth=("a@b.example", "x")).json()
        found += page["issues"]
        token = page.get("nextPageToken")
        if token is None:
            return found


def test_recorded_issues_are_found_by_search(client, recorded):
    expected = bodies(recorded, "jira/issues.jsonl")
    found = search(client, "updated >= '1970-01-02' order by updated asc, id asc")

    assert {issue["id"] for issue in found} == set(expected)
    for issue in found:
        before = expected[issue["id"]]["fields"]
        for name in ("summary", "status", "created", "updated", "resolutiondate", "customfield_10020"):
            assert issue["fields"][name] == before[name]
        assert "closedSprints" not in issue["fields"]


def test_minutes_of_a_search_are_of_the_recorded_zone(client, recorded):
    zone = client.get(f"{SITE}/api/3/myself", auth=("a@b.example", "x")).json()["timeZone"]
    assert zone == "Asia/Shanghai"
    updated = sorted(body["fields"]["updated"][:16] for body in bodies(recorded, "jira/issues.jsonl").values())
    middle = updated[len(updated) // 2].replace("T", " ")  # the recording writes +0800 throughout

    found = search(client, f'updated >= "{middle}" order by updated asc')
    assert len(found) == sum(text.replace("T", " ") >= middle for text in updated)


def test_inline_changelogs_are_turned_oldest_first(client, recorded):
    for issue_id, body in bodies(recorded, "jira/issues.jsonl").items():
        values = client.get(f"{SITE}/api/3/issue/{issue_id}/changelog", auth=("a", "x")).json()["values"]
        assert [v["created"] for v in values] == sorted(v["created"] for v in values)
        assert {v["id"] for v in values} == {h["id"] for h in body["changelog"]["histories"]}


def test_boards_and_fields_are_derived(client, recorded):
    boards = client.get(f"{SITE}/agile/1.0/board", auth=("a", "x")).json()["values"]
    sprints = client.get(f"{SITE}/agile/1.0/board/8/sprint", auth=("a", "x")).json()["values"]
    fields = client.get(f"{SITE}/api/3/field", auth=("a", "x")).json()

    assert (8, "EE") in [(board["id"], board["location"]["projectKey"]) for board in boards if "location" in board]
    assert len(sprints) == len(bodies(recorded, "jira/sprints.jsonl"))
    found = [field["id"] for field in fields if field["schema"].get("custom", "").endswith("gh-sprint")]
    assert found == ["customfield_10020"]


def test_the_folder_of_one_source_serves_too(recorded):
    assert replay.read(recorded / "github").folder.sources == ("github",)
    assert replay.read(recorded / "jira").folder.sources == ("jira",)


def test_unknown_files_are_named_in_a_warning(recorded):
    warnings = replay.read(recorded).folder.warnings
    assert any("github/milestones.jsonl" in warning for warning in warnings)
    assert any("headlines" in warning for warning in warnings)


def test_an_empty_folder_is_one_clear_error(tmp_path):
    with pytest.raises(ReplayInvalid, match="holds nothing to replay"):
        replay.read(tmp_path)
    with pytest.raises(ReplayInvalid, match="is not a folder"):
        replay.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{broken", "not JSON"),
        ('{"body": {}}', "request"),
        ('{"request": {"url": "https://api.github.com/repos/a/b/pulls"}, "body": 7}', "body an object"),
        ('{"request": {"url": "https://api.github.com/repos/a/b/pulls"}, "body": {"id": 1}}', "not an object of pull"),
        ('{"request": {"url": "https://api.github.com/pulls"}, "body": {"id": 1}}', "names no repository"),
    ],
)
def test_a_broken_line_is_named_by_file_and_number(tmp_path, text, complaint):
    good = line("https://api.github.com/repos/a/b/branches", {"name": "main", "commit": {"sha": "1"}})
    write(tmp_path, "github/branches.jsonl", good)
    file = write(tmp_path, "github/pull_requests.jsonl", "", text)

    with pytest.raises(ReplayInvalid, match=complaint) as raised:
        replay.read(tmp_path)
    assert f"{file}:2: " in str(raised.value)


def test_the_later_line_of_an_id_wins(tmp_path):
    url = "https://api.github.com/repos/a/b/branches"
    first, second = ({"name": "main", "commit": {"sha": sha}} for sha in ("1" * 40, "2" * 40))
    write(tmp_path, "github/branches.jsonl", line(url, first), line(url, second))

    rows = replay.read(tmp_path).github.rows("a/b", "branches")
    assert [row.sha for row in rows or []] == ["2" * 40]


def test_a_folder_may_hold_several_repositories(tmp_path):
    for name in ("a/b", "a/c"):
        body = {"name": "main", "commit": {"sha": name}}
        file = tmp_path / "github" / "branches.jsonl"
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as lines:
            lines.write(line(f"https://api.github.com/repos/{name}/branches", body) + "\n")

    store = replay.read(tmp_path).github
    assert store.repositories == ["a/b", "a/c"]
    assert [row.sha for row in store.rows("a/c", "branches") or []] == ["a/c"]


def test_recorded_weather_answers_the_same_question(tmp_path):
    body = {"latitude": 1.5, "hourly": {"time": []}}
    asked = "latitude=1&longitude=2&hourly=temperature_2m&timezone=UTC"
    write(tmp_path, "open_meteo/forecast.jsonl", line(f"https://api.open-meteo.com/v1/forecast?{asked}", body))
    with running([Charter("acme", days=5)], replay=[tmp_path]) as simulator:
        turned = "&".join(reversed(asked.split("&")))
        assert httpx.get(f"{simulator.url}/open_meteo/v1/forecast?{turned}").json() == body
        assert httpx.get(f"{simulator.url}/open_meteo/v1/archive?{asked}").json() != body


def test_recorded_tickets_come_back(tmp_path):
    url = "https://api.hubapi.com/crm/v3/objects/tickets?limit=100"
    ticket = {"id": "300000000001", "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-03T00:00:00Z",
              "properties": {"subject": "Help", "hs_lastmodifieddate": "2026-01-03T00:00:00Z"}, "archived": False,
              "associations": {"companies": {"results": [{"id": "7", "type": "ticket_to_company"}]}}}  # fmt: skip
    write(tmp_path, "hubspot/tickets.jsonl", line(url, ticket))
    (tmp_path / "replay.toml").write_text('slug = "desk"\ntimezone = "Europe/Berlin"\n')
    with running([Charter("acme", days=5)], replay=[tmp_path]) as simulator:
        headers = {"Authorization": "Bearer x"}
        path = f"{simulator.url}/hubspot/desk/crm/v3/objects/tickets"
        found = httpx.get(f"{path}?properties=subject&associations=companies", headers=headers).json()["results"]
        assert [(one["id"], one["properties"]["subject"]) for one in found] == [("300000000001", "Help")]
        assert found[0]["associations"]["companies"]["results"][0]["id"] == "7"


def test_a_running_simulator_takes_another_folder(tmp_path, recorded):
    with running([Charter("acme", days=5)]) as simulator:
        answer = simulator.post("/world/replays", {"folder": str(recorded)})
        assert answer["repositories"] == ["panjf2000/ants"] and answer["sources"] == ["github", "jira"]
        refused = httpx.post(f"{simulator.url}/world/replays", json={"folder": str(tmp_path)})
        assert (refused.status_code, "nothing to replay" in refused.json()["message"]) == (400, True)

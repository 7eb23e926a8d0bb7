"""Jira's search, paging, refusals and shapes as the real one has them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from pipelines.simulator import jql
from pipelines.simulator.company import Charter
from pipelines.simulator.jira_store import Row
from pipelines.simulator.server import running

NOW = 1_780_000_000
AUTH = ("robot@globex.example", "jira-globex")


@pytest.fixture(scope="module")
def simulator():
    charters = [Charter("acme", days=60, time_zone="Europe/Berlin"), Charter("globex", "monorepo", days=60)]
    with running(charters) as found:
        yield found


@pytest.fixture(scope="module")
def site(simulator):
    with httpx.Client(base_url=f"{simulator.url}/jira/globex", auth=AUTH) as found:
        yield found


def search(site: httpx.Client, **asked) -> dict:
    return site.post("/rest/api/3/search/jql", json=asked).json()


def everything(site: httpx.Client, query: str, size: int = 100, fields: tuple[str, ...] = ("updated",)) -> list[dict]:
    found, token = [], None
    while True:
        page = search(
            site, jql=query, maxResults=size, fields=list(fields), **({"nextPageToken": token} if token else {})
        )
        found += page["issues"]
        token = page.get("nextPageToken")
        assert (token is None) == page["isLast"]
        if token is None:
            return found


def row(number: int, **given) -> Row:
    defaults = {"issue_id": number, "key": f"A-{number}", "project_key": "A", "project_id": "1", "created": NOW,
                "updated": NOW, "issue_type": "bug", "status": "Offen", "status_category": "new", "labels": (),
                "sprint_ids": (), "source": None}  # fmt: skip
    return Row(**{**defaults, **given})


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("project in (A, B) and labels = x", [1]),
        ("project = b", [3]),
        ('statusCategory != done AND project = "A"', [1]),
        ("key in (A-1, A-2)", [1, 2]),
        ("sprint = 7", [2]),
        ("updated >= -1h", [1, 2]),
        ("status not in (Offen) and project = A", [2]),
    ],
)
def test_clauses_are_joined_by_and(query, kept):
    rows = [
        row(1, labels=("X",)),
        row(2, status="Fertig", status_category="done", sprint_ids=(7,)),
        row(3, key="B-3", project_key="B", updated=NOW - 4000),
    ]
    assert [found.issue_id for found in jql.parse(query, NOW, "UTC").run(rows)] == kept


def test_a_minute_is_read_in_the_zone_of_the_tokens_owner():
    moment = int(datetime(2026, 5, 28, 12, 0, tzinfo=ZoneInfo("Asia/Kolkata")).timestamp())
    rows = [row(1, updated=moment - 1), row(2, updated=moment)]

    query = jql.parse('updated >= "2026-05-28 12:00"', NOW, "Asia/Kolkata")
    assert [found.issue_id for found in query.run(rows)] == [2]
    assert len(jql.parse('updated >= "2026-05-28 12:00"', NOW, "Europe/Berlin").run(rows)) == 0


def test_equal_places_of_an_order_are_parted_by_id():
    query = jql.parse("project = A order by updated desc, created", NOW, "UTC")
    rows = [row(3), row(1, updated=NOW + 5), row(2)]
    assert [found.issue_id for found in query.run(rows)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("order by created", "Unbounded JQL"),
        ("", "Unbounded JQL"),
        ("project = A or project = B", "Expecting either 'AND'"),
        ("colour = red", "Field 'colour' does not exist"),
        ('updated >= "yesterday"', "is invalid"),
        ("project = A order by " + ", ".join(["created"] * 8), "at most 7 fields"),
        ("project", "Expecting operator"),
    ],
)
def test_what_jira_refuses_is_a_400_in_its_words(site, query, complaint):
    answer = site.post("/rest/api/3/search/jql", json={"jql": query})
    assert answer.status_code == 400
    assert complaint in answer.json()["errorMessages"][0]


def test_a_search_gives_ids_alone_unless_fields_are_asked(site):
    page = search(site, jql="project = GLOBEX", maxResults=3)
    assert [set(issue) for issue in page["issues"]] == [{"id"}] * 3
    assert "total" not in page and "startAt" not in page


def test_pages_by_token_miss_and_double_nothing(site):
    found = [issue["id"] for issue in everything(site, "project in (GLOBEX, GLOBEXOPS) order by updated", size=13)]
    count = site.post("/rest/api/3/search/approximate-count", json={"jql": "updated >= '1970-01-02'"}).json()["count"]

    assert len(found) == len(set(found)) == count > 60


def test_with_fields_a_page_holds_a_hundred_whatever_is_asked(site):
    assert len(search(site, jql="updated > 1970-01-02", fields=["summary"], maxResults=5000)["issues"]) == 100
    assert len(search(site, jql="updated > 1970-01-02", maxResults=5000)["issues"]) > 100


def test_a_bad_token_or_size_is_refused(site):
    for asked in ({"nextPageToken": "bogus!"}, {"maxResults": 0}, {"maxResults": 5001}):
        answer = site.post("/rest/api/3/search/jql", json={"jql": "project = GLOBEX", **asked})
        assert answer.status_code == 400, asked


def test_who_does_not_sign_in_gets_401(simulator):
    url = f"{simulator.url}/jira/globex/rest/api/3/myself"
    for auth in (None, ("a@b.example", "wrong"), ("a@b.example", "jira-acme")):
        assert httpx.get(url, auth=auth).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer jira-globex"}).status_code == 401


def test_the_old_search_is_gone(site):
    for method in ("GET", "POST"):
        answer = site.request(method, "/rest/api/3/search")
        assert answer.status_code == 410 and "search/jql" in answer.json()["errorMessages"][0]


def test_times_have_the_owners_offset_without_a_colon(simulator):
    with httpx.Client(base_url=f"{simulator.url}/jira/acme", auth=("a", "jira-acme")) as site:
        issue = site.get("/rest/api/3/issue/ACME-1").json()
        assert site.get("/rest/api/3/myself").json()["timeZone"] == "Europe/Berlin"
        assert issue["fields"]["created"][-5:] in ("+0100", "+0200")


def test_the_changelog_is_oldest_first_and_the_inline_one_newest_first(site):
    issues = everything(site, "statusCategory = done", fields=("status",))
    answers = [site.get(f"/rest/api/3/issue/{one['id']}/changelog").json() for one in issues[:20]]
    longest = max(answers, key=lambda answer: answer["total"])
    number = issues[answers.index(longest)]["id"]
    inline = site.get(f"/rest/api/3/issue/{number}", params={"expand": "changelog"}).json()["changelog"]["histories"]

    assert longest["total"] > 2
    assert [history["id"] for history in inline] == [value["id"] for value in longest["values"]][::-1]


def test_bulk_changelogs_may_split_an_issue_over_pages(site):
    ids = [issue["id"] for issue in everything(site, "project = GLOBEX")]
    found, token, pages = [], None, 0
    while True:
        asked = {"issueIdsOrKeys": ids, "maxResults": 37} | ({"nextPageToken": token} if token else {})
        page = site.post("/rest/api/3/changelog/bulkfetch", json=asked).json()
        found += [(one["issueId"], h["id"]) for one in page["issueChangeLogs"] for h in one["changeHistories"]]
        token, pages = page.get("nextPageToken"), pages + 1
        if token is None:
            break

    single = [(i, value["id"]) for i in ids for value in site.get(f"/rest/api/3/issue/{i}/changelog").json()["values"]]
    assert pages > 2
    assert sorted(found) == sorted(single)


def test_sprint_changes_hold_comma_lists(site):
    ids = [issue["id"] for issue in everything(site, "updated > 1970-01-02")]
    page = site.post("/rest/api/3/changelog/bulkfetch", json={"issueIdsOrKeys": ids, "maxResults": 10_000}).json()
    items = [i for one in page["issueChangeLogs"] for h in one["changeHistories"] for i in h["items"]]

    assert any("," in item["to"] for item in items if item["field"] == "Sprint")
    assert {"status", "Sprint", "RemoteIssueLink", "Rank", "timespent"} <= {item["field"] for item in items}


def test_future_sprints_have_no_dates_and_active_ones_no_end(simulator):
    with httpx.Client(base_url=f"{simulator.url}/jira/acme", auth=("a", "jira-acme")) as site:
        sprints = site.get("/rest/agile/1.0/board/1/sprint").json()["values"]
        by_state = {sprint["state"]: sprint for sprint in sprints}
        assert {"closed", "active"} <= set(by_state)
        assert "completeDate" in by_state["closed"]
        assert "completeDate" not in by_state["active"] and "startDate" in by_state["active"]
        one = site.get("/rest/agile/1.0/board/1/sprint", params={"maxResults": 1, "startAt": 1}).json()
        assert [sprint["id"] for sprint in one["values"]] == [sprints[1]["id"]] and not one["isLast"]
        assert site.get("/rest/agile/1.0/board/77/sprint").status_code == 404


def test_each_company_has_its_own_fields_and_words(simulator, site):
    with httpx.Client(base_url=f"{simulator.url}/jira/acme", auth=("a", "jira-acme")) as other:
        own = {field["id"]: field["name"] for field in other.get("/rest/api/3/field").json() if field["custom"]}
        names = {status["name"]: status["statusCategory"]["key"] for status in other.get("/rest/api/3/status").json()}
    theirs = {field["id"]: field["name"] for field in site.get("/rest/api/3/field").json() if field["custom"]}

    assert own["customfield_10020"] == theirs["customfield_10010"] == "Sprint"
    assert own["customfield_10016"] == "Story point estimate" and theirs["customfield_10024"] == "Story Points"
    assert names["Fertig"] == "done" and names["In Arbeit"] == "indeterminate"


def test_a_monorepo_has_two_projects_with_a_board_each(site):
    boards = site.get("/rest/agile/1.0/board").json()["values"]
    assert [board["location"]["projectKey"] for board in boards] == ["GLOBEX", "GLOBEXOPS"]
    assert {i["fields"]["project"]["key"] for i in everything(site, "project = GLOBEXOPS", fields=("project",))} == {
        "GLOBEXOPS"
    }


def test_pull_requests_name_issues_that_link_back(simulator):
    with httpx.Client(base_url=simulator.url, timeout=30) as client:
        headers = {"Authorization": "Bearer github-globex"}
        pulls = client.get("/github/repos/globex/platform/pulls?state=all&per_page=100", headers=headers).json()
        named = [pull for pull in pulls if pull["title"].startswith("GLOBEX-")]
        assert named
        for pull in named[:10]:
            key = pull["title"].split(":")[0]
            links = client.get(f"/jira/globex/rest/api/3/issue/{key}/remotelink", auth=AUTH).json()
            assert pull["html_url"] in {link["object"]["url"] for link in links}

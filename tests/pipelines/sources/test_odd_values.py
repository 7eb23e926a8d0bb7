"""What nulls, bots and odd values of the sources become: the row of each trap, as it is written to raw."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines import lenient_json
from pipelines.connections import GitHub
from pipelines.credentials import Token
from pipelines.landing.rows import cells, fitting
from pipelines.raw_tables import RAW
from pipelines.sources import github_events, github_rows, hubspot_rows, jira_rows
from pipelines.sources.events import Change
from pipelines.sync_error import SyncError
from tests.pipelines.sources.test_recorded_answers import answer, bodies

POINTS = jira_rows.CustomFields(("customfield_10020",), ("customfield_10024", "customfield_10016"), ())
SITE = "https://example.atlassian.net"


def written(source: str, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row by column, as its package has it; JSON columns read again."""
    declared = RAW[source][table]
    (line,) = cells(declared, [row]).values()
    kinds = declared.columns.items()
    return {
        name: json.loads(cell) if kind == "json" and cell is not None else cell
        for (name, kind), cell in zip(kinds, line, strict=True)
    }


def told(recorded: Path, name: str) -> dict[str, dict[str, Any]]:
    """What a recorded webhook writes at once, by table."""
    change = understood(recorded, name)
    return {found.table: written("github", found.table, found.rows[0]) for found in change.rows}


def understood(recorded: Path, name: str) -> Change:
    """What a recorded webhook says to a connection that reads all of its account."""
    body = json.loads((recorded / "github_webhooks" / name).read_text())
    owner = (body.get("repository") or {"full_name": "none/none"})["full_name"].partition("/")[0]
    return github_events.change(GitHub(token=Token("t"), organization=owner), name.partition("/")[0], body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'{"title": "cut \ud83d"}', "cut \ufffd"),  # an emoji, of which the title's last character is half
        (rb'{"title": "\ude00 cut"}', "\ufffd cut"),
        (rb'{"title": "\ud83d\ude00 whole \ud83d"}', "😀 whole \ufffd"),
        (rb'{"title": "C:\\ud83d is no escape \ud83d"}', "C:\\ud83d is no escape \ufffd"),
        (b'{"title": "caf\xe9"}', "caf\ufffd"),
        (b'\xef\xbb\xbf{"title": "with a mark"}', "with a mark"),
        (rb'{"title": "Zero\u0000"}', "Zero"),  # Postgres has no NUL
        (b'{"title": ""}', ""),  # COPY makes it NULL
        (b'{"title": null}', None),
    ],
)
def test_one_odd_character_costs_neither_the_page_nor_the_record(sent: bytes, kept: str | None) -> None:
    found = answer(sent.decode("latin-1")).json() if sent.isascii() else lenient_json.decode(sent)
    assert written("github", "issues", {"id": 1, **found})["title"] == kept


@pytest.mark.parametrize("sent", [b'{"title": "cut o', b"<html>Unicorn!</html>", rb'{"title": "\ud83', b'{"n": NaN}'])
def test_what_was_cut_off_is_still_no_answer(sent: bytes) -> None:
    with pytest.raises(SyncError, match="is not JSON"):
        answer(sent.decode()).json()


@pytest.mark.parametrize(
    ("given", "points"),
    [
        (2.0, 2.0), (3, 3.0), ("5", 5.0), ("-1", -1.0), (None, None), ("", None), ("XL", None), ("1e999", None),
        ({"value": "3"}, None),
    ],
)  # fmt: skip
def test_points_are_numbers_and_what_is_none_costs_the_issue_nothing(given: Any, points: float | None) -> None:
    issue = {"id": "1", "key": "A-1", "fields": {"customfield_10024": given, "summary": "s"}}
    row = written("jira", "issues", jira_rows.issue(issue, POINTS, SITE))
    assert row["story_points"] == points
    assert row["custom_fields"] == ({} if given is None else {"customfield_10024": given})


def test_recorded_points_are_a_number_once_and_once_a_text(recorded: Path) -> None:
    rows = [jira_rows.issue(one, POINTS, SITE) for one in bodies(recorded, "jira", "issues")]
    given = {row["key"]: written("jira", "issues", row)["story_points"] for row in rows}
    assert {key: value for key, value in given.items() if value is not None} == {"EE-1": -1.0, "EE-2": 2.0}


def test_a_whole_number_beyond_64_bits_is_set_apart_and_its_neighbours_stay() -> None:
    rows = [{"id": 1, "number": 7}, {"id": 2, "number": 2**80}, {"id": 2**80}, {"id": 3, "number": "8"}]
    kept, broken = fitting(RAW["github"]["issues"], rows)
    assert [key for (key,) in kept] == [1, 3]
    assert ["beyond 64 bits" in one.reason for one in broken] == [True, True]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-04-28T15:33:15.438+0200", "2026-04-28T15:33:15.438+0200"),  # Jira: no colon; Postgres reads it
        ("2019-05-15T15:20:53Z", "2019-05-15T15:20:53Z"),
        (1557933565, "2019-05-15T15:19:25+00:00"),  # a push's repository dates are seconds
        ("", None), (None, None),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_times_in_every_form(given: Any, kept: str | None) -> None:
    assert written("github", "repositories", {"id": 1, "created_at": given})["created_at"] == kept


@pytest.mark.parametrize("given", ["1970-01-01T00:00:00Z", "0", "1970-01-01T00:00:00.000Z", "", None])
def test_hubspots_1970_is_no_time(given: str | None) -> None:
    found = {"id": "151", "properties": {"closed_date": given, "createdate": "1700000000000", "subject": None,
             "hs_lastmodifieddate": "2026-01-03T00:00:00.5Z", "hs_ticket_priority": ""}}  # fmt: skip
    row = written("hubspot", "tickets", hubspot_rows.ticket(found, "jira_issue_key"))
    assert (row["closed_at"], row["created_at"]) == (None, "2023-11-14T22:13:20+00:00")
    assert (row["subject"], row["priority"], row["company_ids"]) == (None, "", [])


def test_hubspots_texts_twelve_digits_and_associations_told_twice() -> None:
    twice = {"results": [{"id": "300000000151"}, {"id": "300000000151"}, {"id": "7"}]}
    found = {"id": "300000000001", "properties": {"hs_pipeline": "0", "hs_pipeline_stage": "1"}, "archived": False,
             "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-03T00:00:00Z",
             "associations": {"companies": twice}}  # fmt: skip
    row = written("hubspot", "tickets", hubspot_rows.ticket(found, "jira_issue_key"))
    assert (row["id"], row["pipeline"], row["stage"]) == ("300000000001", "0", "1")
    assert row["company_ids"] == ["300000000151", "7"]
    assert row["created_at"] == "2026-01-02T03:04:05.678Z"  # where no property says it


def test_a_deleted_user_a_deleted_fork_and_a_merge_that_has_no_commit_yet_are_null() -> None:
    pull = {"id": 1, "number": 1, "user": None, "merged_by": None, "merge_commit_sha": None, "labels": None,
            "head": {"label": "unknown repository", "ref": "patch-1", "sha": "a" * 40, "repo": None}}  # fmt: skip
    row = written("github", "pull_requests", github_rows.pull_request("acme/shop", pull, {}))
    assert (row["user"], row["merged_by"], row["merge_commit_sha"], row["labels"]) == (None, None, None, [])
    assert row["head"] == {"label": "unknown repository", "ref": "patch-1", "sha": "a" * 40, "repo": None}


@pytest.mark.parametrize("author", [None, {}], ids=["null", "an empty object"])
def test_a_commit_without_an_account_keeps_its_name(author: Any) -> None:
    inner = {"author": {"name": "Ann", "email": "a@b.example", "date": "2026-01-01T00:00:00Z"}, "committer": None}
    found = {"sha": "a" * 40, "author": author, "committer": author, "commit": inner, "parents": None}
    row = written("github", "commits", github_rows.commit("acme/shop", found))
    assert (row["author"], row["author_name"], row["committed_at"], row["parents"]) == (None, "Ann", None, [])


def test_recorded_webhooks_of_a_bot_and_of_pages_keep_who_and_where(recorded: Path) -> None:
    pages = told(recorded, "deployment/gh-pages.payload.json")["deployments"]
    assert (pages["environment"], pages["production_environment"]) == ("github-pages", "f")
    assert (pages["creator"]["type"], pages["creator"]["login"]) == ("Bot", "github-pages[bot]")
    assert (pages["ref"], pages["payload"]) == ("gh-pages", {})
    plain = told(recorded, "deployment/payload.json")["deployments"]
    assert (plain["creator"]["type"], plain["production_environment"]) == ("User", None)


def test_recorded_statuses_belong_to_their_deployment(recorded: Path) -> None:
    for name, state in (("gh-pages.", "in_progress"), ("", "success"), ("with-installation.", "success")):
        written_rows = told(recorded, f"deployment_status/{name}payload.json")
        assert list(written_rows) == ["deployment_statuses"]
        status = written_rows["deployment_statuses"]
        assert (status["state"], status["deployment_id"], status["id"]) == (state, 145988746, 209916254)


@pytest.mark.parametrize(
    ("name", "status", "conclusion"),
    [
        ("requested", "queued", None), ("completed", "completed", "success"),
        ("requested.with-conclusion", "completed", "action_required"),
        ("completed.with-pull-requests", "completed", "success"),
    ],
)  # fmt: skip
def test_recorded_runs_have_no_conclusion_until_they_end(
    recorded: Path, name: str, status: str, conclusion: str | None
) -> None:
    run = told(recorded, f"workflow_run/{name}.payload.json")["workflow_runs"]
    assert (run["status"], run["conclusion"], run["run_attempt"], run["name"]) == (status, conclusion, 1, "")


@pytest.mark.parametrize(
    ("name", "body"),
    [("opened.with-empty-body", None), ("reopened", ""), ("opened", "It looks like you accidently spelled 'commit'")],
)
def test_recorded_issues_have_a_body_or_none(recorded: Path, name: str, body: str | None) -> None:
    issue = told(recorded, f"issues/{name}.payload.json")["issues"]
    assert issue["body"] == body if not body else issue["body"].startswith(body)
    assert (issue["state_reason"], issue["id"]) == (None, 444500041)


@pytest.mark.parametrize(("name", "issue_id"), [("deleted", 444500041), ("transferred", 512748900)])
def test_recorded_issues_that_left_are_gone(recorded: Path, name: str, issue_id: int) -> None:
    change = understood(recorded, f"issues/{name}.payload.json")
    assert [(gone.table, gone.keys) for gone in change.gone] == [("issues", (issue_id,))]


def test_every_other_recorded_webhook_names_what_is_read_again(recorded: Path) -> None:
    """Pulls with a null body or merge commit, pushes without a head, releases: the API says it, not the event."""
    wanted = {
        "push": {"code"}, "pull_request": {"pull_requests", "issue_events"}, "pull_request_review": {"pull_requests"},
        "release": {"releases"}, "ping": set(), "check_run": set(),
    }  # fmt: skip
    counted = 0
    for event, kinds in wanted.items():
        for path in sorted((recorded / "github_webhooks" / event).glob("*.json")):
            change = understood(recorded, f"{event}/{path.name}")
            assert {stale.kind for stale in change.stale} == kinds, path.name
            assert (change.rows, change.gone) == ((), ()), path.name
            counted += 1
    assert counted == 60


def test_a_push_that_deletes_a_tag_has_no_head_and_is_understood(recorded: Path) -> None:
    body = json.loads((recorded / "github_webhooks" / "push" / "payload.json").read_text())
    assert (body["head_commit"], body["commits"], type(body["repository"]["created_at"])) == (None, [], int)
    assert understood(recorded, "push/payload.json").stale


def test_a_deployments_payload_may_be_text() -> None:
    found = {"id": 1, "payload": '{"service": "shop"}', "creator": None}
    row = written("github", "deployments", found)
    assert (row["payload"], row["creator"]) == ('{"service": "shop"}', None)


def test_a_sprint_without_dates_has_none() -> None:
    row = written("jira", "sprints", jira_rows.sprint(3, {"id": 225, "state": "future", "name": "Next", "goal": ""}))
    assert (row["board_id"], row["start_date"], row["complete_date"], row["goal"]) == (3, None, None, "")

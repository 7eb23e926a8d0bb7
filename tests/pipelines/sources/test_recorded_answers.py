"""Parsers against answers that real systems gave."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.answers import Answer
from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW
from pipelines.sources import adf, gdelt, geonames, github_rows, jira_rows, open_meteo
from pipelines.sources.reading import Place
from pipelines.sync_error import SyncError


def bodies(folder: Path, source: str, name: str) -> list[Any]:
    return [json.loads(line)["body"] for line in (folder / source / f"{name}.jsonl").read_text().splitlines()]


def answer(body: Any, status: int = 200, kind: str = "application/json") -> Answer:
    encoded = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer("https://api.example/x", status, {"Content-Type": kind}, encoded)


@pytest.mark.parametrize("name", ["issues", "reviews", "workflow_runs"])
def test_recorded_github_objects_fit_their_tables(recorded: Path, name: str) -> None:
    found = github_rows.with_repository("acme/shop", bodies(recorded, "github", name), pull_request_number=1)
    assert len(cells(RAW["github"][name], found)) == len({row["id"] for row in found})


def test_recorded_pulls_keep_their_branches_also_where_the_fork_is_deleted(recorded: Path) -> None:
    pulls = [github_rows.pull_request("acme/shop", one, {}) for one in bodies(recorded, "github", "pull_requests")]
    cells(RAW["github"]["pull_requests"], pulls)
    assert sum(pull["head"]["repo"] is None for pull in pulls) == 15
    assert all(pull["head"]["sha"] for pull in pulls)


def test_recorded_commits_have_both_dates_and_perhaps_no_account(recorded: Path) -> None:
    found = bodies(recorded, "github", "pull_request_commits")
    rows = [github_rows.pull_request_commit("acme/shop", 1, n, one) for n, one in enumerate(found, 1)]
    cells(RAW["github"]["pull_request_commits"], rows)
    assert sum(row["author"] is None for row in rows) == 11
    assert sum(row["authored_at"] != row["committed_at"] for row in rows) == 22
    assert all(row["commit_author_email"] for row in rows)


def test_recorded_events_and_comments_find_their_issue(recorded: Path) -> None:
    events = [github_rows.issue_event("acme/shop", one) for one in bodies(recorded, "github", "issue_events")]
    comments = [github_rows.comment("acme/shop", one) for one in bodies(recorded, "github", "comments")]
    cells(RAW["github"]["issue_events"], events)
    cells(RAW["github"]["comments"], comments)
    assert all(row["issue_number"] for row in comments)


def test_recorded_jira_issues_fit_their_table(recorded: Path) -> None:
    custom = jira_rows.CustomFields(("customfield_10020",), ("customfield_10024", "customfield_10016"), ())
    rows = [jira_rows.issue(one, custom, "https://example.atlassian.net") for one in bodies(recorded, "jira", "issues")]
    assert len(cells(RAW["jira"]["issues"], rows)) == len({row["id"] for row in rows})
    assert {row["status"]["statusCategory"]["key"] for row in rows} <= {"new", "indeterminate", "done"}


@pytest.mark.parametrize(
    ("name", "row"),
    [("statuses", jira_rows.status), ("issue_types", jira_rows.issue_type), ("projects", jira_rows.project),
     ("sprints", lambda found: jira_rows.sprint(1, found)), ("worklogs", lambda found: jira_rows.worklog("1", found)),
     ("remotelinks", lambda found: jira_rows.remotelink("1", found))],
)  # fmt: skip
def test_other_recorded_jira_objects_fit_their_tables(recorded: Path, name: str, row: Any) -> None:
    assert cells(RAW["jira"][name], [row(one) for one in bodies(recorded, "jira", name)])


def test_old_sprint_text_is_a_sprint() -> None:
    old = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1f39aee[id=225,rapidViewId=40,state=CLOSED,"
        "name=Sprint 3, the last,startDate=2020-01-01T00:00:00.000Z,goal=<null>]"
    )
    assert jira_rows.sprints([old]) == [{"id": 225, "name": "Sprint 3, the last", "state": "closed"}]
    assert jira_rows.sprints(None) == []


def test_the_text_of_a_document_is_what_a_reader_sees() -> None:
    document = {
        "type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [
                {"type": "text", "text": "Login fails"}, {"type": "hardBreak"}, {"type": "text", "text": "for "},
                {"type": "mention", "attrs": {"text": "@Ann"}}]},
            {"type": "bulletList", "content": [
                {"type": "listItem", "content": [
                    {"type": "paragraph", "content": [{"type": "text", "text": "once"}]}]}]},
        ],
    }  # fmt: skip
    assert adf.text(document) == "Login fails\nfor @Ann\nonce"
    assert adf.text("plain") == "plain" and adf.text(None) is None and adf.text("") is None


def test_recorded_gdelt_errors_are_errors_and_only_nothing_is_empty(recorded: Path) -> None:
    for one in json.loads((recorded / "gdelt" / "error_bodies.json").read_text()):
        given = answer(one["body"], one["status"], one["content_type"])
        if one["content_type"] == "application/json":
            gdelt.check(given)  # {} and broken escapes are readable
            assert set(gdelt.parse(given.body)) <= {"articles"}
        else:
            with pytest.raises(SyncError) as failed:
                gdelt.check(given)
            wanted = "rate_limited" if "limit requests" in one["body"] else "configuration"
            assert failed.value.error_class == wanted


def test_gdelt_times_are_not_iso() -> None:
    assert gdelt.moment("20240115T120000Z") == "2024-01-15T12:00:00+00:00"


def test_a_short_name_is_not_quoted_for_gdelt() -> None:
    assert gdelt.phrase("Ulm") == "Ulm" and gdelt.phrase('New "York"') == '"New York"'


def test_recorded_weather_unrolls_to_rows(recorded: Path) -> None:
    hours = ["2026-01-01T00:00", "2026-01-01T01:00"]
    made = {name: [1.5, None] for name in open_meteo.HOURLY}
    place = Place(None, "Berlin", "DE", 52.5, 13.4)  # type: ignore[arg-type]
    found = list(open_meteo._rows(place, "archive", {"hourly": {"time": hours, **made}, "latitude": 52.52}))
    assert [row["at"] for row in found[0].rows] == ["2026-01-01T00:00:00+00:00"]  # nothing measured is no row
    real = json.loads((recorded / "open_meteo" / "forecast_general_0.json").read_text())["body"]
    times = real["hourly"]["time"]
    assert len(list(open_meteo._unrolled(real["hourly"], ("weather_code",)))) == len(times)


def test_geonames_errors_come_with_status_200() -> None:
    for value, error_class in ((10, "credentials"), (19, "rate_limited"), (14, "configuration"), (22, "unavailable")):
        with pytest.raises(SyncError) as failed:
            geonames.check(answer({"status": {"message": "no", "value": value}}))
        assert failed.value.error_class == error_class

"""`clearsignal replay`: recorded answers become marts whose figures were counted in the files by other means.

The expected numbers were counted by a script of a few lines that reads each `.jsonl` file with `json.loads`, keeps one
object an id (the files hold one repeated line each for pulls, issues, reviews, events and comments) and counts.
"""

import json

import pytest

from tests.end_to_end.replays import ask, replay

LINE = json.dumps({"request": {"url": "https://api.github.com/repos/a/b/issues"}, "body": {"id": 1, "number": 1}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "count"),
    [
        ("raw_github.pull_requests", 49),  # 50 lines, 49 ids
        ("raw_github.pull_request_commits", 90),  # pairs of a pull's number and a sha
        ("raw_github.reviews", 30),
        ("raw_github.issues", 26),  # of 41 ids, those without the key pull_request
        ("raw_github.issue_events", 49),
        ("raw_github.comments", 94),
        ("raw_github.workflow_runs", 35),
        ("raw_jira.issues", 33),
        ("raw_jira.changelogs", 522),  # the histories inside the issues
        ("raw_jira.sprints", 30),
        ("raw_jira.statuses", 53),
        ("raw_jira.issue_types", 6),
        ("raw_jira.worklogs", 6),  # of 30, those whose issue is in issues.jsonl
        ("raw_jira.remotelinks", 6),  # of 130, likewise
        ("marts.pull_requests", 49),
        ("marts.issues", 26 + 33),
        ("marts.sprint_velocity", 30),
        ("marts.deployments", 29),  # runs of the workflow CodeQL
    ],
)
def test_a_table_holds_what_the_files_hold(replayed, table, count):
    assert ask(replayed, f"select count(*) from {table}") == [(count,)]


@pytest.mark.slow
def test_figures_are_those_counted_in_the_files(replayed):
    pulls = "select state, merged_at is not null, count(*) from marts.pull_requests group by 1, 2 order by 1, 2"
    assert ask(replayed, pulls) == [("closed", False, 19), ("closed", True, 26), ("open", False, 4)]
    # The sum of merged_at - created_at over the 26 merged pulls, and the longest of them.
    spans = "extract(epoch from merged_at - opened_at)"
    took = f"select sum({spans})::int, max({spans})::int from marts.pull_requests"
    assert ask(replayed, took) == [(7_690_439, 1_960_947)]
    # By the category of the status that the issue itself shows; all 26 issues of GitHub are closed.
    issues = "select source, status, count(*) from marts.issues group by 1, 2 order by 1, 2"
    assert ask(replayed, issues) == [("github", "resolved", 26), ("jira", "open", 8), ("jira", "resolved", 25)]
    # CodeQL's conclusions: 14 success; failure 2, timed_out 1, startup_failure 1; none yet 6; five others once each.
    runs = "select status, count(*) from marts.deployments where environment_class = 'production' group by 1 order by 1"
    assert ask(replayed, runs) == [("cancelled", 5), ("failure", 4), ("success", 14), ("unfinished", 6)]
    assert ask(replayed, "select sum(time_spent_seconds)::int from raw_jira.worklogs") == [(79_200,)]


@pytest.mark.slow
def test_what_was_replayed_is_not_asked_for_again(replayed):
    assert ask(replayed, "select distinct is_paused from app.connection") == [(True,)]
    assert ask(replayed, "select distinct status from app.sync_run") == [("succeeded",)]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {}, "holds nothing to replay: it needs files such as github/pull_requests.jsonl", marks=pytest.mark.slow
        ),
        ({"github/issues.jsonl": f"{LINE}\n{{broken\n"}, "github/issues.jsonl:2: not JSON"),
        pytest.param({"github/stars.jsonl": LINE}, "holds nothing to replay", marks=pytest.mark.slow),
        pytest.param(
            {"github/issues.jsonl": LINE, "replay.toml": '[deployments]\nfrom = "clouds"\n'},
            "clouds",
            marks=pytest.mark.slow,
        ),
        (None, "there is no folder"),
    ],
    ids=["empty", "broken line", "unknown resource", "unknown rule", "no folder"],
)
def test_a_folder_that_cannot_be_replayed_leaves_nothing_behind(warehouse, tmp_path, files, message):
    folder = tmp_path / "recording"
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    if files is not None:
        folder.mkdir(exist_ok=True)

    done = replay(warehouse, folder, "--tenant", "nobody")

    assert done.returncode == 2
    assert message in done.stderr
    assert "Do: " in done.stderr
    assert "Traceback" not in done.stderr
    assert ask(warehouse, "select count(*) from app.tenant") == [(0,)]

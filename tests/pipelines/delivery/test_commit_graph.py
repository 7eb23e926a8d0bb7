"""Which deployment first carried each commit: hand-made graphs, a recorded repository, random histories."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.delivery.commit_graph import COMMITS, DEPLOYMENTS, first_deployments, missing_commits

START = datetime(2026, 1, 5, tzinfo=UTC)


def commits(*histories: str, graph: int = 0) -> pl.DataFrame:
    """`commits("c1 <- c2 <- c3", "c1 <- x", "c3,x <- m")`: the parents left of each arrow."""
    parents: dict[str, list[str]] = {}
    for history in histories:
        before: list[str] = []
        for names in history.split(" <- "):
            for sha in names.split(","):
                parents[sha] = parents.get(sha, []) + [
                    parent for parent in before if parent not in parents.get(sha, [])
                ]
            before = names.split(",")
    rows = [{"graph": graph, "sha": sha, "parents": known} for sha, known in parents.items()]
    return pl.DataFrame(rows, schema=COMMITS)


def deployments(*shas: str, graph: int = 0, line: int = 0) -> pl.DataFrame:
    """One deployment an hour, numbered from 1."""
    rows = [
        {
            "graph": graph,
            "line": line,
            "deployment_id": str(number),
            "sha": sha,
            "finished_at": START + timedelta(hours=number),
        }
        for number, sha in enumerate(shas, 1)
    ]
    return pl.DataFrame(rows, schema=DEPLOYMENTS)


def delivered(history: pl.DataFrame, deployed: pl.DataFrame) -> dict[str, str]:
    """sha → number of its first deployment, with a star where it is baseline."""
    rows = first_deployments(history, deployed)
    return {row["sha"]: row["deployment_id"] + "*" * (row["method"] == "baseline") for row in rows.to_dicts()}


def test_the_first_deployment_is_the_baseline_of_all_its_ancestors():
    assert delivered(commits("c1 <- c2 <- c3"), deployments("c2", "c3")) == {"c1": "1*", "c2": "1*", "c3": "2"}


def test_a_rollback_delivers_nothing():
    assert delivered(commits("c1 <- c2"), deployments("c1", "c2", "c1")) == {"c1": "1*", "c2": "2"}


def test_many_deployments_of_one_sha_deliver_it_once():
    assert delivered(commits("c1 <- c2"), deployments("c1", "c2", "c2", "c2")) == {"c1": "1*", "c2": "2"}


def test_ten_thousand_deployments_of_one_sha():
    assert delivered(commits("c1 <- c2"), deployments("c1", *["c2"] * 10_000)) == {"c1": "1*", "c2": "2"}


def test_a_merge_delivers_the_whole_branch():
    history = commits("c1 <- c2 <- m", "c1 <- b1 <- b2", "b2 <- m")

    assert delivered(history, deployments("c1", "c2", "m")) == {"c1": "1*", "c2": "2", "b1": "3", "b2": "3", "m": "3"}


def test_a_release_branch_does_not_deliver_what_stayed_on_the_trunk():
    history = commits("c1 <- c2 <- c3", "c1 <- r1")

    assert delivered(history, deployments("c1", "r1", "c3")) == {"c1": "1*", "r1": "2", "c2": "3", "c3": "3"}


def test_a_missing_parent_ends_the_walk():
    history = commits("c1 <- c2 <- c3").filter(pl.col("sha") != "c1")

    assert delivered(history, deployments("c2", "c3")) == {"c2": "1*", "c3": "2"}


def test_a_deployment_of_an_unknown_commit_delivers_nothing_and_is_no_baseline():
    assert delivered(commits("c1 <- c2"), deployments("gone", "c1", "c2")) == {"c1": "2*", "c2": "3"}


def test_a_cycle_ends_the_walk():
    assert delivered(commits("c1 <- c2 <- c1"), deployments("c1")) == {"c1": "1*", "c2": "1*"}


def test_services_and_environments_deliver_apart():
    history = commits("c1 <- c2")
    deployed = pl.concat([deployments("c1", "c2", line=0), deployments("c2", line=1)])

    rows = first_deployments(history, deployed).sort("line", "sha")

    assert rows.select("line", "sha", "deployment_id").rows() == [
        (0, "c1", "1"),
        (0, "c2", "2"),
        (1, "c1", "1"),
        (1, "c2", "1"),
    ]


def test_the_same_sha_in_two_repositories_stays_two_commits():
    history = pl.concat([commits("c1 <- c2", graph=0), commits("c1 <- c2 <- c3", graph=1)])
    deployed = pl.concat([deployments("c2", graph=0, line=0), deployments("c1", "c3", graph=1, line=1)])

    rows = first_deployments(history, deployed).sort("line", "sha")

    assert rows.select("line", "sha", "deployment_id").rows() == [
        (0, "c1", "1"),
        (0, "c2", "1"),
        (1, "c1", "1"),
        (1, "c2", "2"),
        (1, "c3", "2"),
    ]


def test_a_deployment_of_another_repository_does_not_reach_into_the_only_one_with_commits():
    assert first_deployments(commits("c1"), deployments("c1", graph=7, line=7)).is_empty()


def test_nothing_deployed_or_nothing_known_delivers_nothing():
    assert first_deployments(commits("c1"), deployments()).is_empty()
    assert first_deployments(commits().clear(), deployments("c1")).is_empty()


def test_commits_that_are_named_and_absent_are_told_once():
    history = commits("gone <- c1 <- c2", "gone <- c2").filter(pl.col("sha") != "gone")

    assert missing_commits(history, deployments("c2", "never")).sort("sha").rows() == [(0, "gone"), (0, "never")]


def test_each_recorded_commit_went_out_with_its_first_release(recorded: Path):
    folder = recorded / "git_delivery"
    lines = (folder / "octokit-fixtures-2018.commits.jsonl").read_text().splitlines()
    history = pl.DataFrame(
        [{"graph": 0, "sha": row["sha"], "parents": row["parents"]} for row in map(json.loads, lines)], schema=COMMITS
    )
    with (folder / "octokit-fixtures-2018.releases.csv").open() as file:
        releases = list(csv.DictReader(file))
    finished = {row["tag"]: datetime.fromisoformat(row["released_at_utc"]) for row in releases}
    deployed = pl.DataFrame(
        [
            {"graph": 0, "line": 0, "deployment_id": row["tag"], "sha": row["sha"], "finished_at": finished[row["tag"]]}
            for row in releases
        ],
        schema=DEPLOYMENTS,
    )
    with (folder / "octokit-fixtures-2018.expected_lead_times.csv").open() as file:
        expected = list(csv.DictReader(file))

    found = {row["sha"]: row["deployment_id"] for row in first_deployments(history, deployed).to_dicts()}

    assert found == {row["sha"]: row["first_release"] for row in expected}
    for row in expected:
        lead = finished[found[row["sha"]]] - datetime.fromisoformat(row["authored_at"])
        assert abs(lead.total_seconds() / 3600 - float(row["lead_hours_from_author"])) < 0.001


@st.composite
def histories(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A small random graph, some of whose commits are not known, with the deployments of two lines."""
    size = draw(st.integers(1, 12))
    parents = [
        draw(st.lists(st.integers(0, max(0, at - 1)), max_size=3, unique=True)) if at else [] for at in range(size)
    ]
    absent = draw(st.sets(st.integers(0, size - 1), max_size=2))
    rows = [
        {"graph": 0, "sha": f"c{at}", "parents": [f"c{parent}" for parent in parents[at]]}
        for at in range(size)
        if at not in absent
    ]
    heads = [draw(st.lists(st.integers(0, size - 1), max_size=6)) for _ in range(2)]
    deployed = [deployments(*(f"c{head}" for head in line), line=number) for number, line in enumerate(heads)]
    return pl.DataFrame(rows, schema=COMMITS), pl.concat(deployed)


def naive(history: pl.DataFrame, deployed: pl.DataFrame) -> set[tuple[int, str, str, str]]:
    """Set differences of whole ancestries, deployment by deployment."""
    parents = dict(history.select("sha", "parents").rows())

    def ancestry(sha: str) -> set[str]:
        found: set[str] = set()
        to_visit = {sha} & parents.keys()
        while to_visit:
            found |= to_visit
            to_visit = {parent for commit in to_visit for parent in parents[commit]} & parents.keys() - found
        return found

    answer: set[tuple[int, str, str, str]] = set()
    for (line,), rows in deployed.sort("finished_at").group_by("line", maintain_order=True):
        known: set[str] = set()
        for deployment_id, sha in rows.select("deployment_id", "sha").rows():
            method = "ancestry" if known else "baseline"
            answer |= {(line, commit, deployment_id, method) for commit in ancestry(sha) - known}
            known |= ancestry(sha)
    return answer


@given(histories())
def test_the_walk_equals_set_differences_of_ancestries(drawn: tuple[pl.DataFrame, pl.DataFrame]):
    assert set(first_deployments(*drawn).rows()) == naive(*drawn)


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_input_change_nothing(drawn: tuple[pl.DataFrame, pl.DataFrame], random):
    history, deployed = drawn
    shuffled = pl.concat([history, history]).sample(fraction=1, shuffle=True, seed=random.randrange(2**32))
    mixed = deployed.sample(fraction=1, shuffle=True, seed=random.randrange(2**32))

    assert set(first_deployments(shuffled, mixed).rows()) == set(first_deployments(history, deployed).rows())


@given(histories(), st.integers(0, 6))
def test_walking_on_from_what_is_delivered_equals_walking_anew(drawn: tuple[pl.DataFrame, pl.DataFrame], hours: int):
    history, deployed = drawn
    early = deployed.filter(pl.col("finished_at") <= START + timedelta(hours=hours))
    late = deployed.filter(pl.col("finished_at") > START + timedelta(hours=hours))

    first = first_deployments(history, early)
    second = first_deployments(history, late, delivered=first)

    assert_frame_equal(pl.concat([first, second]), first_deployments(history, deployed), check_row_order=False)

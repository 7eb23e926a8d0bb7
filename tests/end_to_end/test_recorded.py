"""What each null, bot and odd value of the recorded answers is in raw, in staging and in the marts.

The expected numbers were counted in the files by `json.loads` and a counter, one object an id.
"""

import pytest

from tests.end_to_end.replays import ask

pytestmark = pytest.mark.slow
PULLS, COMMITS = "staging.stg_github__pull_requests", "staging.stg_github__pull_request_commits"


@pytest.mark.parametrize(
    ("what", "condition", "count"),
    [
        (f"{PULLS}", "body_text is null", 5),  # all five are "" at GitHub
        ("raw_github.pull_requests", "head -> 'repo' = 'null' and head ->> 'sha' is not null", 15),  # deleted forks
        ("raw_github.pull_requests", "additions is null and deletions is null", 49),  # a list has no sizes
        ("marts.pull_requests", "additions is null and changed_file_count is null", 49),  # and nobody makes them 0
        (f"{PULLS}", "state_name = 'closed' and merged_at is null and merge_commit_sha is not null", 19),
        ("intermediate.int_pull_requests__merged", "merged_at is not null", 26),  # not those 19
        (f"{PULLS}", "is_bot", 0),
        ("raw_github.comments", "\"user\" ->> 'type' = 'Bot'", 8),
        ("staging.stg_github__comments", "author = 'codecov[bot]'", 8),
        (f"{COMMITS}", "author is null", 11),  # the e-mail belongs to no account
        (f"{COMMITS}", "author is null and author_name is null", 0),
        (f"{COMMITS}", "authored_at <> committed_at", 21),  # rebased; 22 of 91 lines
        (f"{COMMITS}", "committed_at - authored_at > interval '14 days'", 1),
        (f"{COMMITS}", "cardinality(parents) = 2", 16),
        ("staging.stg_github__issues", "body_text is null", 1),  # three more are pull requests
        ("staging.stg_github__issues", "state_reason = 'completed'", 26),
        ("staging.stg_github__reviews", "state_name = 'CHANGES_REQUESTED'", 3),
        ("staging.stg_github__workflow_runs", "conclusion is null", 7),  # two null, five ""
        ("staging.stg_github__workflow_runs", "conclusion = ''", 0),
        ("marts.deployments", "status = 'unfinished' and finished_at is not null", 0),  # `updated_at` is no end
    ],
)
def test_githubs_odd_values(replayed, what, condition, count):
    assert ask(replayed, f"select count(*) from {what} where {condition}") == [(count,)]


def test_a_first_commit_after_the_opening_leaves_no_coding_time(replayed):
    """Four of 49: a negative duration would be, and is null."""
    late = "select number, coding_seconds from marts.pull_requests where is_first_commit_after_opening order by number"
    assert ask(replayed, late) == [(4, None), (114, None), (176, None), (211, None)]
    assert ask(replayed, "select min(coding_seconds) >= 0 from marts.pull_requests") == [(True,)]


def test_an_endless_title_and_other_alphabets_are_kept_whole(replayed):
    lengths = f"select number, length(title) from {PULLS} where number = 4"
    assert ask(replayed, lengths) == [(4, 1188)]  # the later of its two lines
    named = "select title from staging.stg_github__issues where number = 12"
    assert ask(replayed, named) == [(" chinese ， chinese tag chinese ",)]


@pytest.mark.parametrize(
    ("what", "condition", "count"),
    [
        ("raw_jira.issues", "description_text is null", 33),  # null at Jira
        ("raw_jira.issues", "summary like U&'%\\200B%'", 23),  # zero-width spaces stay
        (
            "staging.stg_jira__issues",
            "title = U&'\\200B问题分布的帕累托图'",
            1,
        ),  # less NUL
        ("staging.stg_jira__issues", "assignee is null", 3),
        ("staging.stg_jira__issues", "is_subtask and type = '子任务'", 12),  # localised: the flag says it
        ("staging.stg_jira__issues", "status_name = '已完成' and status_category = 'done'", 25),
        ("staging.stg_jira__issues", "status_name = '已完成' and status_category = 'new'", 5),  # as the site says
        ("marts.issues", "source = 'jira' and status = 'resolved' and status_name = '已完成'", 25),
        ("marts.issues", "source = 'jira' and status = 'open' and resolved_at is null", 8),  # five have a resolution
        ("staging.stg_jira__issues", "resolution = 'Won''t Do'", 5),
        ("staging.stg_jira__statuses", "category_key = 'done'", 11),
        ("raw_jira.sprints", "goal is null", 30),  # "" at Jira
        ("raw_jira.worklogs", "author ->> 'emailAddress' is null and author ->> 'accountId' is not null", 6),
        ("raw_jira.remotelinks", "relationship is null", 1),
        ("staging.stg_jira__issue_types", "is_subtask", 1),
    ],
)
def test_jiras_odd_values(replayed, what, condition, count):
    assert ask(replayed, f"select count(*) from {what} where {condition}") == [(count,)]


def test_sprint_changes_are_told_from_noise_and_nothing_is_an_empty_text(replayed):
    changes = "select old_value, new_value, count(*) from intermediate.int_sprints__issue_fields group by 1, 2"
    assert sorted(ask(replayed, changes)) == [
        ("", "7", 14), ("", "9", 2), ("7", "", 1), ("7", "9", 1), ("9", "", 2), ("9", "17", 1),
    ]  # fmt: skip
    fields = "select item ->> 'field', count(*) from raw_jira.changelogs, jsonb_array_elements(items) as item"
    noise = f"{fields} group by 1 order by 2 desc limit 2"
    assert ask(replayed, noise) == [("Workflow", 221), ("status", 165)]
    lost = "select count(*) from raw_jira.changelogs, jsonb_array_elements(items) as item where not item ? 'toString'"
    assert ask(replayed, lost) == [(0,)]


def test_offsets_without_a_colon_are_instants(replayed):
    first = "select min(created)::text from raw_jira.issues"  # 2020-06-12T08:13:13.360+0800
    assert ask(replayed, first) == [("2020-06-12 00:13:13.36+00",)]


def test_the_replay_set_nothing_apart(replayed):
    assert ask(replayed, "select sum(quarantined_count) from app.sync_run") == [(0,)]

"""What a list of Jira's says is there, and when it says nothing."""

from typing import Any

import pytest

from pipelines.connections import Jira, Secret
from pipelines.sources import jira_parts
from pipelines.sources.jira import RESOURCES
from pipelines.sources.jira_rows import CustomFields
from pipelines.sources.reading import Present, Request, Rows
from pipelines.sync_error import SyncError

CONNECTION = Jira(base_url="https://x.example", email="e", token=Secret("t"))
BOARDS, SPRINTS = "/rest/agile/1.0/board", "/rest/agile/1.0/board/{}/sprint"


def page(*ids: Any, total: int | None = None, **more: Any) -> dict[str, Any]:
    return {"values": [{"id": one, **more} for one in ids], "total": len(ids) if total is None else total}


class Answering:
    """A client that knows some paths, and answers others with a status."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def json(self, path: str, params: Any = None) -> Any:
        found = self.answers.get(path, 404)
        if isinstance(found, int):
            raise SyncError("not_found" if found == 404 else "configuration", path, http_status=found)
        is_first = not (params or {}).get("startAt")
        return found if is_first or "values" not in found else {**found, "values": []}

    def post(self, path: str, body: Any) -> Any:
        return {"issueChangeLogs": []}


def told(request: Request, *resources: str) -> list[Present]:
    """What these, read one after another, say is there."""
    found: list[Any] = []
    for resource in resources:
        found = list(RESOURCES[resource](request))
    return [item for item in found if isinstance(item, Present)]


def asked(answers: dict[str, Any]) -> Request:
    return Request(CONNECTION, Answering(answers), None)  # type: ignore[arg-type]


def test_sprints_are_those_of_all_boards_so_one_that_moved_is_still_there() -> None:
    boards = page(1, 2, type="scrum")
    before = asked({BOARDS: boards, SPRINTS.format(1): page(11, 12), SPRINTS.format(2): page(21)})
    moved = asked({BOARDS: boards, SPRINTS.format(1): page(11), SPRINTS.format(2): page(21, 12)})
    for request in (before, moved):
        (present,) = told(request, "boards", "sprints")
        assert (present.where, sorted(present.keys)) == ({}, [11, 12, 21])


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({BOARDS: page(1, 2, type="scrum"), SPRINTS.format(1): page(11), SPRINTS.format(2): 400},
                     id="a scrum board does not tell its sprints"),
        pytest.param({BOARDS: page(1, total=2, type="scrum"), SPRINTS.format(1): page(11)},
                     id="there are more boards than came"),
        pytest.param({BOARDS: page(1, type="scrum"), SPRINTS.format(1): page(11, total=3)},
                     id="there are more sprints than came"),
        pytest.param({BOARDS: page(1, type="scrum"), SPRINTS.format(1): page(11, None)}, id="a sprint has no id"),
    ],
)  # fmt: skip
def test_a_list_that_is_not_whole_says_nothing(answers: dict[str, Any]) -> None:
    assert told(asked(answers), "boards", "sprints") == []


def test_without_boards_nobody_knows_of_sprints() -> None:
    assert told(asked({BOARDS: 500}), "sprints") == []
    kanban = asked({BOARDS: page(1, type="kanban")})
    assert told(kanban, "boards", "sprints") == [Present("sprints", {}, [])]


def test_a_board_that_breaks_off_says_nothing() -> None:
    request = asked({BOARDS: page(1, 2, type="scrum"), SPRINTS.format(1): page(11), SPRINTS.format(2): 500})
    with pytest.raises(SyncError):
        told(request, "boards", "sprints")


def issue(number: str, **fields: Any) -> dict[str, Any]:
    return {"id": number, "key": f"A-{number}", "fields": fields}


def test_parts_are_told_of_the_issues_whose_parts_are_all_here() -> None:
    log, link = {"id": "7", "issueId": "1"}, {"id": 9, "object": {}}
    page = [
        issue("1", worklog={"total": 1, "worklogs": [log]}),
        issue("2"),  # time tracking is off
        issue("3", worklog={"total": 0, "worklogs": []}),
        issue("4", worklog={"total": 5, "worklogs": []}),
    ]
    more = {"values": [], "worklogs": [{"id": "8"}], "total": 5}
    links = {
        f"/rest/api/3/issue/{n}/remotelink": found for n, found in {"1": [link], "2": [], "3": 403, "4": 404}.items()
    }
    request = asked({**links, "/rest/api/3/issue/4/worklog": more})
    links_off = SyncError("permission", "off", http_status=403)

    def refuse(path: str, params: Any = None, answer: Any = request.client.json) -> Any:
        if path.endswith("3/remotelink"):
            raise links_off
        return {**answer(path), "isLast": True} if path.endswith("worklog") else answer(path, params)

    request.client.json = refuse  # type: ignore[method-assign]
    found = list(jira_parts.whole(request, CustomFields((), (), ()), page, is_news=True))

    assert [item for item in found if isinstance(item, Present)] == [
        Present("worklogs", {"issue_id": ["1", "3"]}, ["7"]),
        Present("remotelinks", {"issue_id": ["1", "2"]}, [9]),
    ]
    first = list(jira_parts.whole(request, CustomFields((), (), ()), page, is_news=False))
    assert [type(item) for item in first] == [Rows] * 4  # nothing of them is here yet

"""Jira's small lists, read whole at each sync: what they lack is gone."""

from collections.abc import Callable

from pipelines.sources import jira_rows
from pipelines.sources.jira_search import whole_list
from pipelines.sources.reading import Reading, Request, Rows, at_once, present
from pipelines.sync_error import SyncError

WHOLE = "lists that were read to their end"


def listed(name: str, path: str, row: Callable[[dict], dict] = dict) -> Callable[[Request], Reading]:
    """A small list that comes in one answer."""

    def read(request: Request) -> Reading:
        found = request.client.json(path)
        request.notes[name] = found
        yield Rows(name, [row(one) for one in found])
        yield from present(name, {}, found)

    return read


def paged(name: str, path: str, row: Callable[[dict], dict] = dict) -> Callable[[Request], Reading]:
    """A small list that comes in pages."""

    def read(request: Request) -> Reading:
        found, is_whole = whole_list(request.client, path)
        request.notes[name] = found
        yield Rows(name, [row(one) for one in found])
        if is_whole:
            request.notes.setdefault(WHOLE, set()).add(name)
            yield from present(name, {}, found)

    return read


def sprints(request: Request) -> Reading:
    """Sprints of every scrum board; kanban boards have none and answer 400.

    A board also shows another one's sprints, and keeps its own when that goes: gone is what no board shows any more.
    """
    boards = [board for board in request.notes.get("boards", []) if board.get("type") != "kanban"]

    def read(board: dict) -> tuple[list[dict], bool]:
        try:
            found, is_whole = whole_list(request.client, f"/rest/agile/1.0/board/{board['id']}/sprint")
        except SyncError as error:
            if error.http_status != 400:
                raise
            return [], board.get("type") != "scrum"  # a scrum board has sprints, and does not tell them now
        return [jira_rows.sprint(board["id"], one) for one in found], is_whole

    of_boards = at_once(read, boards)
    rows = [row for found, _ in of_boards for row in found]
    yield Rows("sprints", rows)
    if "boards" in request.notes.get(WHOLE, ()) and all(is_whole for _, is_whole in of_boards):
        yield from present("sprints", {}, rows)

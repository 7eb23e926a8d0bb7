"""What a sync of a clone yields, and what git itself says of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.connections import Git
from pipelines.http import Client
from pipelines.sources import git
from pipelines.sources.reading import Present, Reached, Request, Rows
from tests.pipelines.sources.clones import Clone

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Sync:
    """What one sync yields: rows by table and key, the names that are left, the cursors."""

    def __init__(self, path: Path, before: "Sync | None" = None, **config: Any) -> None:
        self.rows: dict[str, dict[Any, dict]] = {table: {} for table in KEYS}
        self.present: dict[str, list[str]] = {}
        self.cursors = dict(before.cursors) if before else {}
        config = {"repository": "acme/shop", **config}
        request = Request(Git(path=str(path), **config), Client(""), NOW, cursors=dict(self.cursors))
        for read in git.RESOURCES.values():
            for item in read(request):
                if isinstance(item, Rows):
                    self.rows[item.table] |= {KEYS[item.table](row): row for row in item.rows}
                elif isinstance(item, Reached):
                    self.cursors[f"{item.resource}|{item.scope}"] = item.value
                elif isinstance(item, Present):
                    self.present[item.table] = list(item.keys)

    @property
    def commits(self) -> dict[str, list[str]]:
        return {sha: row["parents"] for sha, row in self.rows["commits"].items()}

    def changes(self, sha: str) -> dict[str, tuple]:
        rows = [row for (of, _), row in self.rows["file_changes"].items() if of == sha]
        return {row["path"]: (row["status"], row["added"], row["deleted"], row["old_path"]) for row in rows}


KEYS: dict[str, Callable[[dict], Any]] = {
    "commits": lambda row: row["sha"],
    "file_changes": lambda row: (row["sha"], row["path"]),
    "branches": lambda row: row["name"],
    "tags": lambda row: row["name"],
    "files": lambda row: row["path"],
}


def said(repository: Clone, *what: str) -> dict[str, list[str]]:
    """Each commit's parents, as `git rev-list` tells them."""
    lines = repository.git("rev-list", "--parents", *what).splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines}

"""A clone on this machine → raw_git, by the `git` program: commits, file changes, branches, tags, files.

For teams that give no API access: the history alone tells releases, changes and lead times. The clone is read as it is;
fetching is its owner's.
"""

from collections.abc import Callable
from typing import Any

from pipelines.sources.git_files import files
from pipelines.sources.git_history import commits
from pipelines.sources.git_refs import branches, tags
from pipelines.sources.reading import Reading, Request

ROOT = "branches"  # where these cannot be read, nothing can


def limits(connection: Any) -> dict[str, int]:
    """None: no request is made."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """Nothing: no request is made."""
    return {}


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "branches": branches,
    "tags": tags,
    "commits": commits,
    "files": files,
}

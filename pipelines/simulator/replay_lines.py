"""Reading a replay folder: one recorded object a line, `{"request": {"url", "input"}, "body": …}`."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

RESOURCES: dict[str, frozenset[str]] = {
    "github": frozenset({"repositories", "commits", "tags", "releases", "branches", "pull_requests",
                         "pull_request_commits", "pull_request_files", "reviews", "issues", "issue_events", "comments",
                         "deployments", "deployment_statuses", "workflow_runs", "workflow_jobs"}),
    "jira": frozenset({"projects", "statuses", "issue_types", "priorities", "fields", "boards", "sprints", "issues",
                       "changelogs", "worklogs", "remotelinks"}),
    "hubspot": frozenset({"tickets", "pipelines", "owners", "companies", "contacts"}),
    "gdelt": frozenset({"articles", "timelines"}),
    "open_meteo": frozenset({"forecast", "archive"}),
    "exchange_rates": frozenset({"rates"}),
    "geonames": frozenset({"places"}),
}  # fmt: skip
CONFIG = "replay.toml"


class ReplayInvalid(ValueError):
    """The folder cannot be replayed. The message names the file and line, and what to do."""


class Line(msgspec.Struct, frozen=True):
    """One recorded object and the request that brought it. `place` is file:line, for messages."""

    url: str
    input: Any
    body: Any
    place: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def site(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def part(self, before: str) -> str | None:
        """The part of the path that follows a name: of /pulls/23/commits, "23" follows "pulls"."""
        found = re.search(rf"/{before}/([^/]+)", self.path)
        return found[1] if found else None


@dataclass
class Folder:
    """What a folder holds: lines by source and resource, what replay.toml says, and what was passed over."""

    path: Path
    config: dict[str, Any]
    lines: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def of(self, source: str, resource: str) -> list[Line]:
        return self.lines.get((source, resource), [])

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source for source in RESOURCES if any(found == source for found, _ in self.lines))

    @property
    def slug(self) -> str:
        """How the recording is called as a company: lower case letters, digits and hyphens."""
        name = str(self.config.get("slug") or self.path.resolve().name).lower()
        return re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "replay"


def read_folder(path: Path, config: Path | None = None) -> Folder:
    """All recorded lines below a folder. Raises ReplayInvalid where there are none, or one is broken.

    The folder holds one folder a source, or is itself the folder of one source (its name says which).
    """
    if not path.is_dir():
        raise ReplayInvalid(
            f"{path} is not a folder: give a folder of recorded answers, FOLDER/<source>/<resource>.jsonl"
        )
    folder = Folder(path, read_config(config or path / CONFIG, is_required=config is not None))
    for entry in sorted(path.iterdir()):
        if entry.is_dir() and entry.name in RESOURCES:
            for file in sorted(entry.iterdir()):
                _take(folder, entry.name, file)
        elif entry.is_file() and entry.suffix == ".jsonl" and path.resolve().name in RESOURCES:
            _take(folder, path.resolve().name, entry)
        elif entry.name != CONFIG and not entry.name.startswith(".") and entry.suffix.lower() != ".md":
            folder.warnings.append(f"{entry}: unknown, not replayed")
    if not any(folder.lines.values()):
        raise ReplayInvalid(
            f"{path} holds nothing to replay: it needs files such as github/pull_requests.jsonl or jira/issues.jsonl,"
            ' each with one {"request": {"url": …}, "body": …} a line'
        )
    return folder


def _take(folder: Folder, source: str, file: Path) -> None:
    if file.suffix != ".jsonl" or file.stem not in RESOURCES[source]:
        folder.warnings.append(f"{file}: unknown, not replayed")
        return
    found = []
    with file.open("rb") as lines:
        for number, text in enumerate(lines, 1):
            if text.strip():
                found.append(_line(text, f"{file}:{number}"))
    folder.lines[source, file.stem] = found


def _line(text: bytes, place: str) -> Line:
    try:
        record = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ReplayInvalid(f"{place}: not JSON ({error}); mend or remove this line") from None
    if not isinstance(record, dict) or "body" not in record or not isinstance(record.get("request"), dict):
        raise ReplayInvalid(f'{place}: not {{"request": {{"url": …}}, "body": …}}; mend or remove this line')
    url = record["request"].get("url")
    if not isinstance(url, str) or not isinstance(record["body"], dict | list):
        raise ReplayInvalid(f"{place}: request.url must be text and body an object; mend or remove this line")
    return Line(url, record["request"].get("input"), record["body"], place)


def read_config(path: Path, is_required: bool = False) -> dict[str, Any]:
    """What replay.toml says; nothing where it is absent. Raises ReplayInvalid."""
    if not path.exists() and not is_required:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReplayInvalid(f"{path}: {error}") from None

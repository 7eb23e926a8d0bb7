"""Branches and tags of a clone, read once a sync, and the cursor that follows from their commits.

The cursor names the commits that nothing else of what was read descends from, and how the clone was cut: a clone that
was deepened, or is no longer partial, is read anew.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from pipelines.sources.git_program import Repository
from pipelines.sources.reading import Present, Reading, Request, Rows

REF = ("%(refname)", "%(objectname)", "%(objecttype)", "%(*objectname)", "%(*objecttype)", "%(symref)",
       "%(creatordate:unix)", "%(taggername)", "%(contents:subject)")  # fmt: skip


@dataclass
class Clone:
    """What one sync knows of the clone. `tips`: the commits that its branches, tags and HEAD point at."""

    git: Repository
    name: str
    head: str | None
    branches: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tips(self) -> set[str]:
        found = {branch["sha"] for branch in self.branches} | {tag["sha"] for tag in self.tags if tag["sha"]}
        return found | ({self.head} if self.head else set())

    @property
    def cut(self) -> str:
        """A word that changes with what the clone lacks."""
        lacking = " ".join([self.git.lacks, *sorted(self.git.boundary)])
        return hashlib.sha256(lacking.encode()).hexdigest()[:12]


def opened(request: Request) -> Clone:
    """The clone as its refs were when they were first asked for in this sync."""
    found: Clone | None = request.notes.get("clone")
    if found is None:
        connection = request.connection
        git = Repository(connection.path)
        head = git.output("rev-parse", "--verify", "--quiet", "HEAD^{commit}", absent=True).decode().strip() or None
        found = request.notes["clone"] = Clone(git, connection.repository or git.name(), head)
        _fill(found, connection.branches)
    return found


def _fill(clone: Clone, wanted: tuple[str, ...]) -> None:
    checked_out = text(clone.git.output("symbolic-ref", "--quiet", "HEAD", absent=True)).strip()
    for ref in _refs(clone.git):
        name = ref["name"]
        if name.startswith("refs/tags/"):
            clone.tags.append(_tag(clone.name, name.removeprefix("refs/tags/"), ref))
        elif ref["type"] == "commit" and not ref["symref"]:  # origin/HEAD is another name of a branch
            is_remote = name.startswith("refs/remotes/")
            short = name.removeprefix("refs/heads/").removeprefix("refs/remotes/")
            own = short.partition("/")[2] if is_remote else short
            if not wanted or any(fnmatchcase(own, pattern) for pattern in wanted):
                clone.branches.append({
                    "repository": clone.name, "name": short, "sha": ref["sha"], "is_remote": is_remote,
                    "is_head": name == checked_out,
                })  # fmt: skip
    if wanted and clone.head not in {branch["sha"] for branch in clone.branches}:
        clone.head = None
    _peel(clone)


def _refs(git: Repository) -> Iterator[dict[str, str]]:
    """Remotes first: a branch of one's own with the same short name is the one that stays."""
    names = ("name", "sha", "type", "target", "target_type", "symref", "created", "tagger", "subject")
    form = "%00".join(REF) + "%00"
    for room in ("refs/remotes", "refs/heads", "refs/tags"):
        values: list[str] = []
        for token in git.tokens("for-each-ref", f"--format={form}", "--", room):
            values.append(path_text(token.removeprefix(b"\n")) if not values else text(token))
            if len(values) == len(names):
                yield dict(zip(names, values, strict=True))
                values = []


def _tag(repository: str, name: str, ref: dict[str, str]) -> dict[str, Any]:
    """`sha` is the commit; None where the tag names a tree or a blob, or until it is peeled."""
    is_annotated = ref["type"] == "tag"
    sha, kind = (ref["target"], ref["target_type"]) if is_annotated else (ref["sha"], ref["type"])
    return {
        "repository": repository,
        "name": name,
        "sha": sha if kind == "commit" else None,
        "object_sha": ref["sha"],
        "object_type": kind,
        "is_annotated": is_annotated,
        "tagger_name": ref["tagger"] or None,
        "tagged_at": instant(ref["created"]) if is_annotated else None,
        "subject": ref["subject"] if is_annotated else None,
    }


def _peel(clone: Clone) -> None:
    """Tags of tags: what they mean in the end."""
    nested = [tag for tag in clone.tags if tag["object_type"] == "tag"]
    found = clone.git.described([f"{tag['object_sha']}^{{}}" for tag in nested]) if nested else iter(())
    for tag, target in zip(nested, found, strict=True):
        if target:
            tag["object_type"] = target[1]
            tag["sha"] = target[0] if target[1] == "commit" else None


def branches(request: Request) -> Reading:
    """Every branch of the clone, its own and those of its remotes."""
    clone = opened(request)
    yield Rows("branches", clone.branches)
    yield Present("branches", {"repository": clone.name}, [branch["name"] for branch in clone.branches])


def tags(request: Request) -> Reading:
    """Every tag. An annotated one has a time of its own, when it was made."""
    clone = opened(request)
    yield Rows("tags", clone.tags)
    yield Present("tags", {"repository": clone.name}, [tag["name"] for tag in clone.tags])


def instant(seconds: str) -> str | None:
    """Epoch seconds as ISO 8601; None where git could read no date, or where it lies outside the years 1 to 9999."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def text(raw: bytes) -> str:
    """Words of people: what is no UTF-8 becomes a replacement character."""
    return raw.decode("utf-8", "replace")


def path_text(raw: bytes) -> str:
    r"""A name that is a key: bytes that are no UTF-8 stay apart, as `\xe9`."""
    return raw.decode("utf-8", "backslashreplace")

"""Commits and the files that each changed, oldest first, from one `git log`."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.sources.git_program import Repository
from pipelines.sources.git_refs import Clone, instant, opened, path_text, text
from pipelines.sources.reading import Reached, Reading, Request, Rows

PAGE_COMMITS, PAGE_CHANGES = 1_000, 10_000
FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B")
LINK, GITLINK = b"120000", b"160000"
# No mailmap: it would be looked for in HEAD's tree, which a partial clone may lack.
# The form is ours, whatever the clone's config says. Merges show nothing: what they bring was changed before them.
LOG = (
    "log", "--stdin", "--reverse", "--topo-order", "-z", "--encoding=UTF-8", "--no-color", "--no-notes",
    "--no-show-signature", "--no-mailmap", "--diff-merges=off", "--no-ext-diff", "--no-textconv", "--no-relative",
    "--submodule=short", "--ignore-submodules=none", "--diff-algorithm=myers", "-O/dev/null", "-l1000", "--no-abbrev",
)  # fmt: skip
# By what a partial clone lacks. A rename that changes the file is found by its content, which may be missing.
DIFF = {"": ("--raw", "--numstat", "-M"), "blobs": ("--raw", "-M100%"), "trees": ("--no-patch",)}
Row = dict[str, Any]


def commits(request: Request) -> Reading:
    """What branches, tags and HEAD reach and the last sync had not seen. Each page ends closed under parents."""
    clone = opened(request)
    tips = clone.tips
    if not request.full and _cursor(clone, set(), tips) in request.cursors.get(f"commits|{clone.name}", ""):
        return  # every branch and tag is where it was
    heads = _seen(request, clone)
    found: list[Row] = []
    changes: list[Row] = []
    for commit, changed in _history(clone, sorted(tips), sorted(heads)):
        found.append(commit)
        changes += changed
        heads.difference_update(commit["parents"])
        heads.add(commit["sha"])
        if len(found) >= PAGE_COMMITS or len(changes) >= PAGE_CHANGES:
            yield from _page(changes, found)
            yield Reached("commits", clone.name, _cursor(clone, heads))
            found, changes = [], []
    yield from _page(changes, found)
    if heads - tips:  # what nothing points at any more may be gone tomorrow
        heads &= tips
        heads |= _uncovered(clone.git, tips, heads)
    yield Reached("commits", clone.name, _cursor(clone, heads, tips))


def _page(changes: list[Row], found: list[Row]) -> Iterator[Rows]:
    for start in range(0, len(changes), PAGE_CHANGES):
        yield Rows("file_changes", changes[start : start + PAGE_CHANGES])
    yield Rows("commits", found)


def _cursor(clone: Clone, heads: set[str], tips: set[str] | None = None) -> str:
    """How the clone is cut, a word for the tips where all of them were read, and the heads."""
    whole = hashlib.sha256(" ".join(sorted(tips)).encode()).hexdigest()[:12] if tips is not None else "part"
    return " ".join([clone.cut, whole, *sorted(heads)])


def _seen(request: Request, clone: Clone) -> set[str]:
    """The commits that the last sync ended with; none where the clone lacks one of them, or is cut in another way."""
    cut, _, *heads = request.cursors.get(f"commits|{clone.name}", "").split() or ["", ""]
    if request.full or cut != clone.cut or not heads:
        return set()
    there = [found for found in clone.git.described(heads) if found and found[1] == "commit"]
    return set(heads) if len(there) == len(heads) else set()


def _uncovered(git: Repository, tips: set[str], heads: set[str]) -> set[str]:
    """The tips that do not lead to another and that `heads` do not reach: where a branch was set back."""
    reached: set[str] = set()
    parents: set[str] = set()
    given = "".join([*(f"{tip}\n" for tip in sorted(tips)), *(f"^{head}\n" for head in sorted(heads))]).encode()
    for line in git.tokens("rev-list", "--stdin", "--parents", stdin=given, end=b"\n"):
        sha, *before = line.decode("ascii").split()
        reached.add(sha)
        parents.update(before)
    return tips & reached - parents


def _history(clone: Clone, include: Sequence[str], exclude: Sequence[str]) -> Iterator[tuple[Row, list[Row]]]:
    """Each commit with its changes. `mark` begins a commit; no path or message can hold it by accident."""
    if not include:
        return
    mark = secrets.token_hex(16)
    given = "".join([*(f"{sha}\n" for sha in include), *(f"^{sha}\n" for sha in exclude)]).encode()
    form = f"--format=tformat:{mark}%x00{'%x00'.join(FIELDS)}"
    tokens = clone.git.tokens(*LOG, *DIFF[clone.git.lacks], form, stdin=given)
    token = next(tokens, None)
    while token is not None:
        fields = [next(tokens) for _ in FIELDS]
        entries = []
        while (token := next(tokens, None)) is not None and token != mark.encode():
            entries.append(token)
        commit = _commit(clone, fields)
        yield commit, _changes(clone, commit["sha"], entries)


def _commit(clone: Clone, fields: Sequence[bytes]) -> Row:
    sha, parents, author, author_email, authored, committer, committer_email, committed, message = map(text, fields)
    return {
        "repository": clone.name,
        "sha": sha,
        "message": message.rstrip("\n"),
        "author_name": author,
        "author_email": author_email,
        "authored_at": instant(authored),
        "committer_name": committer,
        "committer_email": committer_email,
        "committed_at": instant(committed),
        "parents": clone.git.boundary.get(sha) or parents.split(),
    }


def _changes(clone: Clone, sha: str, entries: Sequence[bytes]) -> list[Row]:
    """The files of one commit: first git's raw lines (what happened), then the lines added and deleted."""
    if sha in clone.git.boundary:  # against a parent that is not there, every file would count as new
        return []
    changes: dict[bytes, Row] = {}
    left = iter(entries)
    for entry in left:
        head = entry.removeprefix(b"\n")
        if head.startswith(b":"):
            before, after, _, _, status = head[1:].split(b" ")
            path = old = next(left)
            if status[:1] in b"RC":
                path = next(left)
            changes[path] = {
                "repository": clone.name, "sha": sha, "path": path_text(path), "status": status[:1].decode(),
                "old_path": path_text(old) if old != path else None, "added": None, "deleted": None,
                "is_submodule": GITLINK in (before, after),
            }  # fmt: skip
        else:
            added, deleted, path = head.split(b"\t", 2)
            if not path:
                _, path = next(left), next(left)
            change = changes[path]
            if added != b"-" and not change["is_submodule"]:
                change["added"], change["deleted"] = int(added), int(deleted)
    return list(changes.values())

"""The `git` program on one clone, reading only.

Nothing of the repository runs (hooks, pagers, filters, text conversions, signature checks), nothing is fetched, nothing
is written, and a command that falls silent is ended. What the clone's config says about the output's form is overruled.
"""

import os
import re
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from pipelines.sync_error import SyncError

STALL_SECONDS = 300.0  # the order of a million commits is worked out in silence
CHUNK = 1 << 16
ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # what GIT_NO_LAZY_FETCH says, to a git before 2.45
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,  # grafts and replacements are a view of this clone's own
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
OVERRULED = (
    "advice.graftFileDeprecated=false",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "log.showSignature=false",
    "log.showRoot=true",
    "protocol.allow=never",
)
# What git says → the class of the error, and what to do. Anything else means that the repository is damaged.
SAYS = (
    ("not a git repository", "configuration", "give the path of a clone."),
    ("Permission denied", "permission", "let the user that Clearsignal runs as read the clone."),
    ("dubious ownership", "permission", "let the user that Clearsignal runs as own the clone, or install a newer git."),
    ("(not allowed|promisor|lazy fetch)", "configuration", "fetch what this partial clone lacks: git fetch --refetch."),
    ("(repository extension|repository version|repo version)", "configuration", "install a newer git."),
)  # fmt: skip
DAMAGED = "run git fsck in the clone; where it finds errors, clone anew."
NAME = re.compile(r"[^\w.-]+", re.ASCII)


class Repository:
    """A clone at `path`: with a work tree or bare, whole, shallow or partial."""

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)

    def output(self, *arguments: str, stdin: bytes = b"", absent: bool = False) -> bytes:
        """All that a command says. With `absent`, exit code 1 means that there is none, and is no error."""
        return b"".join(self._chunks(arguments, stdin, (0, 1) if absent else (0,)))

    def tokens(self, *arguments: str, stdin: bytes = b"", end: bytes = b"\0") -> Iterator[bytes]:
        """What a command says, cut at `end`, as it comes. An unfinished last token is left out: its command failed."""
        rest = b""
        for chunk in self._chunks(arguments, stdin, (0,)):
            *whole, rest = (rest + chunk).split(end)
            yield from whole

    def objects(self, shas: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Type and content of these objects, in their order. Raises SyncError where one is missing."""
        chunks = self._chunks(["cat-file", "--batch"], _lines(shas), (0,))
        buffer = bytearray()

        def more() -> None:
            buffer.extend(next(chunks, b""))

        for sha in shas:
            while (end := buffer.find(b"\n")) < 0:
                before = len(buffer)
                more()
                if len(buffer) == before:
                    raise SyncError("unparsable", f"git stopped before {sha}.", what_to_do=DAMAGED)
            header = bytes(buffer[:end]).decode("ascii", "replace").split()
            if len(header) != 3 or not header[2].isdigit():
                raise SyncError("unparsable", f"the object {sha} is missing.", what_to_do=DAMAGED)
            start, stop = end + 1, end + 1 + int(header[2])
            while len(buffer) <= stop:
                before = len(buffer)
                more()
                if len(buffer) == before:
                    raise SyncError("unparsable", f"the object {sha} is cut off.", what_to_do=DAMAGED)
            yield header[1], bytes(buffer[start:stop])
            del buffer[: stop + 1]

    def described(self, names: Sequence[str]) -> Iterator[tuple[str, str, int] | None]:
        """Sha, type and size of what each name means; None where there is no such object."""
        said = self.output("cat-file", "--batch-check", stdin=_lines(names))
        for line in said.decode("ascii", "replace").splitlines():
            sha, kind, size = [*line.split(" "), "", ""][:3]
            yield (sha, kind, int(size)) if size.isdigit() else None

    @cached_property
    def boundary(self) -> dict[str, list[str]]:
        """The commits at which a shallow clone ends, with the parents that they name and the clone lacks."""
        place = Path(self.path, os.fsdecode(self.output("rev-parse", "--git-path", "shallow").rstrip(b"\n")))
        shas = place.read_text().split() if place.exists() else []
        parents = {}
        for sha, (_, content) in zip(shas, self.objects(shas), strict=True):
            head = content.partition(b"\n\n")[0].decode("ascii", "replace")
            parents[sha] = re.findall(r"^parent ([0-9a-f]+)$", head, re.MULTILINE)
        return parents

    @cached_property
    def lacks(self) -> str:
        """What a partial clone was made without: `blobs`, or `trees`, which means both. Empty: it is whole."""
        pattern = r"^(remote\..*\.(promisor|partialclonefilter)|extensions\.partialclone)$"
        found = self.output("config", "--null", "--get-regexp", pattern, absent=True).decode("utf-8", "replace")
        values = [entry.partition("\n")[2] for entry in found.split("\0") if entry]
        if any(value.startswith(("tree:", "combine:")) for value in values):
            return "trees"
        return "blobs" if values else ""

    def name(self) -> str:
        """`owner/name`: the last two parts of the origin's address, else `local` and the folder's name."""
        found = self.output("config", "--get", "remote.origin.url", absent=True).decode("utf-8", "replace")
        address = found.strip().rstrip("/").removesuffix("/.git").removesuffix(".git")
        parts = [NAME.sub("-", part) for part in re.split(r"[/:\\]+", address) if part]
        if len(parts) < 2:
            folder = Path(self.path).name if Path(self.path).name != ".git" else Path(self.path).parent.name
            parts = ["local", NAME.sub("-", folder.removesuffix(".git")) or "repository"]
        return "/".join(parts[-2:])

    def notes(self) -> list[str]:
        """What an operator should know of this clone: what it lacks."""
        found = []
        if self.boundary:
            found.append(f"a shallow clone: the parents of its {len(self.boundary)} oldest commits are unknown.")
        if self.lacks:
            found.append(f"a partial clone, without {self.lacks}: lines added and deleted are not measured.")
        return found

    def _chunks(self, arguments: Sequence[str], stdin: bytes, good: Sequence[int]) -> Iterator[bytes]:
        with self._running(arguments, stdin) as (process, said):
            output = process.stdout
            assert output is not None
            waiting = select.poll()
            waiting.register(output, select.POLLIN | select.POLLHUP)
            while True:
                if not waiting.poll(STALL_SECONDS * 1000):
                    raise SyncError("timeout", f"git {arguments[0]} said nothing for {STALL_SECONDS:.0f} seconds.")
                chunk = os.read(output.fileno(), CHUNK)
                if not chunk:
                    break
                yield chunk
            if process.wait() not in good:
                said.seek(0)
                raise self._error(said.read()[-2000:].decode("utf-8", "replace"))

    @contextmanager
    def _running(self, arguments: Sequence[str], stdin: bytes) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        if not os.path.isdir(self.path):  # noqa: PTH112  (Path.is_dir raises where a parent may not be read)
            raise SyncError("not_found", "there is no such folder.", what_to_do="check the path of this connection.")
        settings = [part for setting in (f"safe.directory={self.path}", *OVERRULED) for part in ("-c", setting)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        above = {"GIT_CEILING_DIRECTORIES": str(Path(self.path).parent)}  # this folder's own repository, no outer one
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(stdin)
            given.seek(0)
            try:
                process = subprocess.Popen(
                    ["git", "--no-pager", *settings, "-C", self.path, *arguments],
                    stdin=given, stdout=subprocess.PIPE, stderr=said, env={**environment, **ENVIRONMENT, **above},
                )  # fmt: skip
            except FileNotFoundError:
                raise SyncError(
                    "configuration", "there is no git on this machine.", what_to_do="install git."
                ) from None
            try:
                yield process, said
            finally:
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()

    def _error(self, said: str) -> SyncError:
        """What git's own words mean, without the machine's paths."""
        words = " ".join(said.replace(self.path, "the clone").split())
        for pattern, error_class, what_to_do in SAYS:
            if re.search(pattern, said):
                return SyncError(error_class, f"git: {words}", what_to_do=what_to_do)
        return SyncError("unparsable", f"git cannot read the clone: {words}", what_to_do=DAMAGED)


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()

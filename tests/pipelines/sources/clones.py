"""Git repositories that tests make, commit by commit, with the `git` program."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


class Clone:
    """A repository in a folder of its own; `git` gives what the program says."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self.hours = 0.0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    @classmethod
    def at(cls, path: Path, hours: float = 0.0) -> "Clone":
        """One that there is."""
        found = cls.__new__(cls)
        found.path, found.hours = path, hours
        return found

    def git(self, *arguments: str, stdin: bytes | None = None, **variables: str) -> str:
        return self.raw(*arguments, stdin=stdin, **variables).decode().strip()

    def raw(self, *arguments: str, stdin: bytes | None = None, **variables: str) -> bytes:
        when = (START + timedelta(hours=self.hours)).isoformat()
        people = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": when,
                  "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": when,
                  "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # fmt: skip
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path, env={**CLEAN, **people, **variables}, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def commit(self, message: str, hours: float | None = None, /, *, author: str = "Ada", **files: str | bytes) -> str:
        """A commit so many hours after START (default: one after the last) that writes these files; its sha."""
        self.hours = self.hours + 1 if hours is None else hours
        for name, content in files.items():
            self.write(name.replace("__", "/").replace("_py", ".py"), content)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-F", "-", stdin=message.encode(), GIT_AUTHOR_NAME=author)
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, content: str | bytes) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def tag(self, name: str, hours: float | None = None) -> None:
        """Annotated where `hours` says when it was made."""
        if hours is None:
            self.git("tag", name)
            return
        before, self.hours = self.hours, hours
        self.git("tag", "-a", name, "-m", name)
        self.hours = before

    def cloned(self, path: Path, *options: str) -> "Clone":
        """A clone of this one, as over a network."""
        self.git("clone", "-q", *options, f"file://{self.path}", str(path))
        return Clone.at(path, self.hours)


def history(clone: Clone) -> None:
    """A merge, an octopus, a rename with an edit, a binary file, an empty commit, a second root."""
    clone.commit("root", app_py="def f(x):\n    return x\n" * 5, data=b"\0\1\2")
    for name in ("one", "two", "three"):
        clone.git("switch", "-q", "-c", name, "main")
        clone.commit(f"on {name}", **{name: name})
    clone.git("switch", "-q", "main")
    clone.commit("aside", side="x\n")
    clone.git("merge", "-q", "--no-ff", "one", "-m", "merge")
    clone.git("merge", "-q", "two", "three", "-m", "octopus")
    clone.git("mv", "app.py", "application.py")
    clone.commit("renamed", application_py="def f(x):\n    return x\n" * 5 + "\n# more\n")
    clone.commit("empty")
    clone.git("switch", "-q", "--orphan", "pages")
    clone.commit("another root", index="<html>")
    clone.git("switch", "-q", "main")

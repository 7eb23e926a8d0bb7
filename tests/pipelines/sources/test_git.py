"""Clones of every kind, compared with what git itself says of them."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import load, stored_connections, tenants
from pipelines.connections import Git
from pipelines.http import Client
from pipelines.sources import git, git_history, git_program
from pipelines.sources.reading import Present, Reached, Request, Rows
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.sources.clones import CLEAN, Clone

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CHECKOUT = Path(__file__).parents[3]


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


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "shop")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The history below, made once."""
    made = Clone(tmp_path_factory.mktemp("told") / "shop")
    history(made)
    return made


@pytest.fixture
def filled(told: Clone, tmp_path: Path) -> Clone:
    """A copy of it, to do with as one likes."""
    shutil.copytree(told.path, tmp_path / "shop")
    return Clone.at(tmp_path / "shop", told.hours)


def said(repository: Clone, *what: str) -> dict[str, list[str]]:
    """Each commit's parents, as `git rev-list` tells them."""
    lines = repository.git("rev-list", "--parents", *what).splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines}


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


def test_commits_and_parents_are_those_of_git_rev_list(filled: Clone) -> None:

    found = Sync(filled.path)

    assert found.commits == said(filled, "--all")
    assert {len(parents) for parents in found.commits.values()} == {0, 1, 2, 3}


def test_file_changes_are_those_of_git_log(filled: Clone) -> None:

    found = Sync(filled.path)

    expected = set()
    for sha in said(filled, "--all", "--no-merges"):
        for line in filled.git("show", "--numstat", "-M", "--format=", sha).splitlines():
            added, deleted, name = line.split("\t")
            path = name.partition("=> ")[2] or name
            expected.add((sha, path, None if added == "-" else int(added), None if deleted == "-" else int(deleted)))
    rows = found.rows["file_changes"].values()
    assert {(row["sha"], row["path"], row["added"], row["deleted"]) for row in rows} == expected
    (renamed,) = [row for row in rows if row["status"] == "R"]
    assert (renamed["old_path"], renamed["path"], renamed["added"]) == ("app.py", "application.py", 2)


def test_people_and_times_are_those_of_git_log_whatever_the_mailmap_says(filled: Clone) -> None:
    filled.commit("mapped", **{".mailmap": "Countess Ada <ada@example.com>\n"})

    found = Sync(filled.path)

    for line in filled.git("log", "--all", "--format=%H|%an|%ae|%at|%ct|%s").splitlines():
        sha, name, email, authored, committed, subject = line.split("|")
        row = found.rows["commits"][sha]
        times = [datetime.fromisoformat(row[column]).timestamp() for column in ("authored_at", "committed_at")]
        assert (row["author_name"], row["author_email"], row["message"]) == (name, email, subject)
        assert times == [int(authored), int(committed)]


def test_the_next_sync_reads_what_is_new_and_nothing_else(filled: Clone) -> None:
    first = Sync(filled.path)
    filled.git("switch", "-q", "-c", "late", "HEAD~3")
    new = {filled.commit("late", z="z")}
    filled.git("switch", "-q", "main")
    new.add(filled.commit("next", application_py="x = 1\n"))
    filled.git("tag", "v1", "HEAD~2")

    second = Sync(filled.path, first)

    heads = set(first.cursors["commits|acme/shop"].split()[2:])
    assert heads == set(filled.git("merge-base", "--independent", *(first.commits)).split())
    assert set(second.commits) == new
    assert set(second.rows["files"]) == {"application.py"}
    assert Sync(filled.path, second).commits == {}
    assert first.commits | second.commits == said(filled, "--all")


def test_branches_that_were_forced_back_or_deleted_are_followed(filled: Clone) -> None:
    first = Sync(filled.path)
    filled.git("branch", "-D", "three")
    filled.git("reset", "-q", "--hard", "HEAD~2")
    second = Sync(filled.path, first)
    forced = filled.commit("another way", application_py="y = 2\n")
    third = Sync(filled.path, second)

    assert second.commits == {}
    assert set(third.commits) == {forced}
    assert "three" in first.present["branches"] and "three" not in second.present["branches"]
    assert third.rows["branches"]["main"]["sha"] == forced
    assert set(third.present["files"]) == set(filled.git("ls-files").splitlines())


def test_a_sync_that_broke_off_goes_on_where_its_last_page_ended(
    filled: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_history, "PAGE_COMMITS", 2)
    request = Request(Git(path=str(filled.path), repository="acme/shop"), Client(""), NOW)
    kept: dict[str, list[str]] = {}
    cursor = ""
    for item in git_history.commits(request):
        if isinstance(item, Rows) and item.table == "commits":
            kept |= {row["sha"]: row["parents"] for row in item.rows}
        if isinstance(item, Reached):
            cursor = item.value
        if len(kept) >= 6 and cursor and isinstance(item, Reached):
            break
    assert all(parent in kept for parents in kept.values() for parent in parents)

    broken = Sync.__new__(Sync)
    broken.cursors = {"commits|acme/shop": cursor}
    rest = Sync(filled.path, broken)

    assert set(rest.commits).isdisjoint(kept)
    assert kept | rest.commits == said(filled, "--all")


def test_tags_of_every_kind(clone: Clone) -> None:
    sha = clone.commit("root", a="a")
    clone.tag("light")
    clone.tag("annotated", hours=7)
    clone.git("tag", "-a", "nested", "annotated", "-m", "a tag of a tag")
    clone.git("tag", "tree", "HEAD^{tree}")
    clone.git("tag", "blob", "HEAD:a")

    tags = Sync(clone.path).rows["tags"]

    assert {name: (tag["sha"], tag["object_type"]) for name, tag in tags.items()} == {
        "light": (sha, "commit"), "annotated": (sha, "commit"), "nested": (sha, "commit"),
        "tree": (None, "tree"), "blob": (None, "blob"),
    }  # fmt: skip
    assert tags["annotated"]["tagged_at"] == "2026-03-02T15:00:00+00:00" and tags["light"]["tagged_at"] is None


def test_names_and_words_that_are_no_utf_8_are_kept_apart(clone: Clone) -> None:
    for name in (b"caf\xe9", b"caf\xe8", '日本\n\t"'.encode()):
        Path(os.fsdecode(os.fsencode(clone.path) + b"/" + name)).write_bytes(b"1\n")
    clone.git("add", "--all")
    clone.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "-F", "-", stdin=b"caf\xe9 \x01")
    raw = clone.raw("cat-file", "commit", "HEAD").partition(b"\n\n")[0].replace(b"\nencoding ISO-8859-1", b"")
    broken = clone.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw + b"\n\nbad \xff\xfe byte\n")
    clone.git("update-ref", b"refs/heads/na\xc3\xafve".decode(), broken)

    found = Sync(clone.path)

    head = clone.git("rev-parse", "HEAD")
    assert set(found.changes(head)) == {"caf\\xe9", "caf\\xe8", '日本\n\t"'} == set(found.rows["files"])
    assert found.rows["commits"][head]["message"] == "café \x01"
    assert found.rows["commits"][broken]["message"] == "bad \ufffd\ufffd byte"
    assert set(found.rows["branches"]) == {"main", "naïve"}


@pytest.mark.parametrize("date", ["99999999999999 +0000", "0 +0000", "253402300800 +0000", "-5 +0000", "soon"])
def test_dates_out_of_range_are_not_measured(clone: Clone, date: str) -> None:
    clone.commit("root", a="a")
    tree = clone.git("rev-parse", "HEAD^{tree}")
    body = f"tree {tree}\nauthor A <a@x> {date}\ncommitter A <a@x> {date}\n\nodd\n".encode()
    sha = clone.git("hash-object", "--literally", "-t", "commit", "-w", "--stdin", stdin=body)
    clone.git("update-ref", "refs/heads/odd", sha)

    row = Sync(clone.path).rows["commits"][sha]

    assert row["committed_at"] is None or row["committed_at"].startswith(("1970-01-01", "2038", "2106"))


def test_an_empty_repository_has_nothing(clone: Clone) -> None:
    found = Sync(clone.path)

    assert [len(rows) for rows in found.rows.values()] == [0] * 5
    sha = clone.commit("first", a="a")
    assert set(Sync(clone.path, found).commits) == {sha}


def test_a_detached_head_is_read(clone: Clone) -> None:
    clone.commit("root", a="a")
    clone.git("switch", "-q", "--detach")
    sha = clone.commit("loose", a="b")

    found = Sync(clone.path)

    assert sha in found.commits and not found.rows["branches"]["main"]["is_head"]


def test_only_the_branches_that_were_asked_for_are_read(filled: Clone) -> None:

    found = Sync(filled.path, branches=("t*",))

    assert set(found.rows["branches"]) == {"two", "three"}
    assert found.commits == said(filled, "refs/heads/two", "refs/heads/three")


def test_a_bare_clone_and_its_remote_branches(filled: Clone, tmp_path: Path) -> None:
    bare = filled.cloned(tmp_path / "bare.git", "--bare")
    copy = filled.cloned(tmp_path / "copy")

    assert Sync(bare.path).commits == said(filled, "--all")
    found = Sync(copy.path)
    assert found.commits == said(filled, "--all")
    assert {"main", "origin/main", "origin/two"} < set(found.rows["branches"])


def test_a_shallow_clone_names_the_parents_that_it_lacks(filled: Clone, tmp_path: Path) -> None:
    shallow = filled.cloned(tmp_path / "shallow", "--depth=2", "--no-single-branch")
    found = Sync(shallow.path)
    whole = said(filled, "--all")

    assert found.commits == {sha: whole[sha] for sha in said(shallow, "--all")}
    assert set(found.commits) < set(whole)
    boundary = (shallow.path / ".git" / "shallow").read_text().split()
    assert not any(found.changes(sha) for sha in boundary)  # not every file of the repository, as if it were new
    assert "shallow" in git_program.Repository(str(shallow.path)).notes()[0]

    shallow.git("fetch", "-q", "--unshallow")
    assert Sync(shallow.path, found).commits == whole


@pytest.mark.parametrize(("lacking", "changes"), [("blob:none", True), ("tree:0", False)])
def test_a_partial_clone_is_read_without_fetching(filled: Clone, tmp_path: Path, lacking: str, changes: bool) -> None:
    filled.git("config", "uploadpack.allowFilter", "true")
    partial = filled.cloned(tmp_path / "partial", "--bare", f"--filter={lacking}")
    before = partial.git("count-objects", "-v")

    found = Sync(partial.path)

    assert found.commits == said(filled, "--all")
    rows = found.rows["file_changes"].values()
    assert bool(rows) is changes and {(row["added"], row["deleted"]) for row in rows} <= {(None, None)}
    assert partial.git("count-objects", "-v") == before
    assert "partial" in git_program.Repository(str(partial.path)).notes()[0]


def test_nothing_of_the_clone_runs(filled: Clone, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho $0 >> {ran}\ncat\n")
    script.chmod(0o755)
    for name in ("core.pager", "core.fsmonitor", "core.sshCommand", "diff.external", "diff.odd.textconv",
                 "diff.odd.command", "filter.odd.smudge", "filter.odd.clean", "gpg.program"):  # fmt: skip
        filled.git("config", name, str(script))
    for name, value in {"log.showSignature": "true", "color.ui": "always", "diff.renames": "false",
                        "log.showRoot": "false", "diff.orderFile": "/nowhere", "diff.noprefix": "true",
                        "log.mailmap": "true", "core.quotePath": "true", "diff.ignoreSubmodules": "all",
                        "i18n.logOutputEncoding": "UTF-16", "core.hooksPath": str(tmp_path)}.items():  # fmt: skip
        filled.git("config", name, value)
    (filled.path / ".git" / "info").mkdir(exist_ok=True)
    (filled.path / ".git" / "info" / "attributes").write_text("* diff=odd filter=odd\n")
    head = filled.raw("cat-file", "commit", "HEAD")
    signed = head.replace(b"\n\n", b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\n", 1)
    filled.git(
        "update-ref", "refs/heads/signed", filled.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)
    )
    filled.raw("-c", "diff.orderFile=", "log", "-1", "signed")
    assert ran.exists()  # a plain `git log` walks into the trap
    ran.unlink()

    found = Sync(filled.path)

    assert not ran.exists()
    assert found.commits == said(filled, "--all")
    assert any(row["status"] == "R" for row in found.rows["file_changes"].values())
    assert "\ufffd" not in "".join(row["message"] for row in found.rows["commits"].values())


def test_the_environments_own_git_variables_do_not_reach_the_program(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.commit("root", a="a")
    other = Clone(tmp_path / "other")
    other.commit("another", b="b")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")

    assert Sync(clone.path).commits == said(clone, "--all")


def test_replaced_and_grafted_commits_count_as_what_they_are(filled: Clone) -> None:
    before = said(filled, "--all")
    second, third = filled.git("rev-parse", "HEAD~1", "HEAD~2").split()
    filled.git("replace", "--graft", second)
    (filled.path / ".git" / "info").mkdir(exist_ok=True)
    (filled.path / ".git" / "info" / "grafts").write_text(f"{third}\n")

    assert Sync(filled.path).commits == before


def test_a_submodule_is_no_file_and_adds_no_lines(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path / "other")
    other.commit("theirs", b="b\n")
    clone.commit("root", a="a\n")
    clone.git("submodule", "--quiet", "add", f"file://{other.path}", "vendored")
    sha = clone.commit("a submodule")

    found = Sync(clone.path)

    assert found.changes(sha)["vendored"] == ("A", None, None, None)
    assert set(found.rows["files"]) == {"a", ".gitmodules"}


def test_files_have_lines_and_the_complexity_that_lizard_finds(clone: Clone) -> None:
    python = "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n    return 3\n"
    clone.commit("root", app_py=python, text="a\nb", data=b"\0\1", strange_py="def f(:\n((((\n", empty="")
    (clone.path / "link").symlink_to("text")
    clone.commit("a link")

    files = Sync(clone.path).rows["files"]

    shown = ("lines", "functions", "complexity", "max_complexity")
    assert [files["app.py"].get(column) for column in shown] == [8, 2, 3, 2]
    assert [files["text"].get(column) for column in shown] == [2, None, None, None]
    assert [files["data"].get(column) for column in shown] == [None] * 4
    assert files["empty"]["lines"] == 0
    assert set(files) == {"app.py", "text", "data", "strange.py", "empty"}


def damage(clone: Clone, sha: str, content: bytes | None) -> None:
    file = clone.path / ".git" / "objects" / sha[:2] / sha[2:]
    file.chmod(0o644)
    file.unlink() if content is None else file.write_bytes(content)


@pytest.mark.parametrize("content", [None, b"rubbish", b""])
@pytest.mark.parametrize("of", ["HEAD~2", "HEAD~2^{tree}", "HEAD:application.py"])
def test_a_damaged_clone_is_told(filled: Clone, of: str, content: bytes | None) -> None:
    damage(filled, filled.git("rev-parse", of), content)

    with pytest.raises(SyncError) as told:
        Sync(filled.path)

    assert told.value.error_class == "unparsable" and "git fsck" in told.value.what_to_do
    assert str(filled.path) not in str(told.value)


def test_what_is_no_clone_is_told(tmp_path: Path, clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    clone.commit("root", a="a")
    (clone.path / "inside").mkdir()
    for path, error_class in [(tmp_path / "nowhere", "not_found"), (clone.path / "inside", "configuration")]:
        with pytest.raises(SyncError) as told:
            Sync(path)
        assert told.value.error_class == error_class
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SyncError, match="no git on this machine"):
        Sync(clone.path)


def test_a_git_that_hangs_is_ended(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(git_program, "STALL_SECONDS", 0.2)

    with pytest.raises(SyncError) as told:
        Sync(clone.path)

    assert told.value.error_class == "timeout"


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://user:secret@gitlab.example.com/group/acme/shop/", "acme/shop"),
        ("ssh://git@example.com:2222/acme/sh%20op.git", "acme/sh-20op"),
        ("/srv/git/acme/shop/.git", "acme/shop"),
        ("", "local/shop"),
    ],
)
def test_a_clone_is_named_by_its_origin_else_by_its_folder(clone: Clone, origin: str, name: str) -> None:
    if origin:
        clone.git("remote", "add", "origin", origin)

    assert git_program.Repository(str(clone.path)).name() == name


def test_a_second_load_adds_nothing_and_what_left_the_clone_is_marked(warehouse: Warehouse, filled: Clone) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    stored_connections.add(warehouse, tenant, "shop", {"source": "git", "path": str(filled.path)}, allow_private=True)

    def sync() -> tuple[dict[str, int], set[tuple]]:
        (outcome,) = load.sync(warehouse, "git", [tenant.partition_key], now=NOW)
        assert outcome.error is None
        with warehouse.connect("loader") as database:
            gone = "select name from raw_git.branches where _deleted_at is not null"
            files = "select path from raw_git.files where _deleted_at is not null"
            return outcome.rows, {*database.execute(gone).fetchall(), *database.execute(files).fetchall()}

    first, _ = sync()
    assert first == {"commits": 10, "file_changes": 8, "branches": 5, "tags": 0, "files": 6}
    assert sync() == (dict.fromkeys(first, 0), set())
    filled.git("branch", "-D", "three")
    filled.git("rm", "-q", "data")
    filled.commit("less")

    changed, gone = sync()

    assert gone == {("three",), ("data",)}
    assert (changed["commits"], changed["file_changes"]) == (1, 1)


@pytest.fixture(scope="module")
def own() -> Iterator[Path]:
    """This project's own checkout, where it has a history."""
    done = subprocess.run(["git", "-C", str(CHECKOUT), "rev-list", "--count", "HEAD"], capture_output=True, env=CLEAN)
    if done.returncode or int(done.stdout) < 20 or not (CHECKOUT / ".git").exists():
        pytest.skip("this checkout has no git history")
    yield CHECKOUT


def test_this_projects_own_history_is_read_as_git_tells_it(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(git.RESOURCES, "files", lambda request: iter(()))  # seconds of lizard, shown above
    found = Sync(own)
    clone = Clone.at(own)

    assert found.commits == said(clone, "--branches", "--remotes", "--tags", "HEAD")
    lines = clone.raw("log", "--branches", "--remotes", "--tags", "HEAD", "--numstat", "--format=", "-M", "-l1000",
                      "--diff-merges=off").decode().splitlines()  # fmt: skip
    assert len(found.rows["file_changes"]) == len(lines)
    numbers = [line.split("\t")[0] for line in lines]
    added = sum(row["added"] or 0 for row in found.rows["file_changes"].values())
    assert added == sum(int(number) for number in numbers if number != "-")

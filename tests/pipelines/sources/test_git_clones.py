"""Clones of every kind: bare, shallow, partial, hostile, damaged, and this project's own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import load, stored_connections, tenants
from pipelines.sources import git, git_program
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.sources.clones import CLEAN, Clone
from tests.pipelines.sources.git_syncs import NOW, Sync, said

CHECKOUT = Path(__file__).parents[3]


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

"""The history of a clone, compared with what git itself says of it."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.connections import Git
from pipelines.http import Client
from pipelines.sources import git_history
from pipelines.sources.reading import Reached, Request, Rows
from tests.pipelines.sources.clones import Clone
from tests.pipelines.sources.git_syncs import NOW, Sync, said

CHECKOUT = Path(__file__).parents[3]


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

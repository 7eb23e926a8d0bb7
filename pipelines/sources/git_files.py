"""The files at HEAD with their lines and complexity. lizard measures; it reads the text and runs nothing of it."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from pipelines.sources.git_history import GITLINK, LINK
from pipelines.sources.git_program import Repository
from pipelines.sources.git_refs import opened, path_text, text
from pipelines.sources.reading import Present, Reached, Reading, Request, Rows

LARGEST_MEASURED = 5 * 2**20  # bytes; what is larger is data
LARGEST_ANALYSED = 2**19
PAGE_FILES = 500
BINARY_PROBE = 8_000  # bytes, as git itself decides
Row = dict[str, Any]
Listing = dict[bytes, str]  # path → blob


def files(request: Request) -> Reading:
    """Files that changed since the commit that was HEAD at the last sync; those that left are gone."""
    clone = opened(request)
    if clone.git.lacks == "trees":
        return
    how = f"lizard-{version('lizard')}-{clone.cut}"
    measured, _, last = request.cursors.get(f"files|{clone.name}", "").partition(" ")
    if not request.full and (measured, last) == (how, clone.head or ""):
        return
    now = _listed(clone.git, clone.head)
    before = _listed(clone.git, last) if measured == how and not request.full and _is_there(clone.git, last) else {}
    rows: list[Row] = []
    for path, blob, content, size in _contents(clone.git, sorted(now.items() - before.items())):
        name = path_text(path)
        row = {"repository": clone.name, "path": name, "blob": blob, "bytes": size}
        rows.append({**row, **_measured(name, content)})
        if len(rows) >= PAGE_FILES:
            yield Rows("files", rows)
            rows = []
    yield Rows("files", rows)
    yield Present("files", {"repository": clone.name}, [path_text(path) for path in now])
    yield Reached("files", clone.name, f"{how} {clone.head or ''}")


def _is_there(git: Repository, sha: str) -> bool:
    return bool(sha) and next(git.described([sha])) is not None


def _listed(git: Repository, commit: str | None) -> Listing:
    """The files of a commit. Links and submodules are none."""
    found: Listing = {}
    for entry in git.tokens("ls-tree", "-r", "-z", "--full-tree", commit) if commit else ():
        head, _, path = entry.partition(b"\t")
        mode, kind, blob = head.split()
        if kind == b"blob" and mode not in (LINK, GITLINK):
            found[path] = blob.decode("ascii")
    return found


def _contents(git: Repository, files: list[tuple[bytes, str]]) -> Iterator[tuple[bytes, str, bytes | None, int | None]]:
    """Each file's content and size. A partial clone has neither, and what is too large is not read."""
    if git.lacks:
        yield from ((path, blob, None, None) for path, blob in files)
        return
    sizes = [found[2] if found else 0 for found in git.described([blob for _, blob in files])] if files else []
    small = [blob for (_, blob), size in zip(files, sizes, strict=True) if size <= LARGEST_MEASURED]
    contents = git.objects(small)
    for (path, blob), size in zip(files, sizes, strict=True):
        yield path, blob, next(contents)[1] if size <= LARGEST_MEASURED else None, size


def _measured(path: str, content: bytes | None) -> Row:
    """Lines, and where lizard knows the language, code lines, functions and cyclomatic complexity (sum and largest).

    Everything is None that was not measured: binary, too large, or of no known language.
    """
    if content is None or b"\0" in content[:BINARY_PROBE]:
        return {}
    lines = content.count(b"\n") + (1 if content and not content.endswith(b"\n") else 0)
    if len(content) > LARGEST_ANALYSED:
        return {"lines": lines}
    from lizard import FileAnalyzer, get_extensions  # a sixth of a second: only syncs of clones pay for it
    from lizard_languages import get_reader_for

    if get_reader_for(path) is None:
        return {"lines": lines}
    try:
        found = FileAnalyzer(get_extensions([])).analyze_source_code(path, text(content))
    except Exception:  # an analyser meets text of every kind: what it cannot read is not measured
        return {"lines": lines}
    complexities = [function.cyclomatic_complexity for function in found.function_list]
    return {
        "lines": lines,
        "code_lines": found.nloc,
        "functions": len(complexities),
        "complexity": sum(complexities),
        "max_complexity": max(complexities, default=0),
    }

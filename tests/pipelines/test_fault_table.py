"""Each fault at each source: what comes of it. The table in pipelines/README.md is made of these results.

WRITE_FAULT_TABLE=1 pytest -m slow tests/pipelines/test_fault_table.py    # writes it anew
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from pipelines import holds, http
from pipelines.simulator.company import Charter
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, rows, sync

SOURCES = tuple(PLAYED)
README = Path(__file__).parents[2] / "pipelines" / "README.md"
BEGIN, END = "<!-- made by tests/pipelines/test_fault_table.py -->\n", "<!-- end -->\n"
# Words for a fault, what the simulator does, how often (None: as long as the sync lasts).
FAULTS: dict[str, tuple[str, int | None, dict]] = {
    "one 429, wait 1 s": ("429", 1, {"retry_after": 1}),
    "429, wait 10 min": ("429", None, {"retry_after": 600}),
    "token refused (401)": ("401", None, {}),
    "a right is lacking (403)": ("403_permission", None, {}),
    "one 500": ("500", 1, {}),
    "500 for good": ("500", None, {}),
    "503 with a web page": ("503_html", None, {}),
    "one answer cut off": ("truncated_json", 1, {}),
    "all answers cut off": ("truncated_json", None, {}),
    "one connection dropped": ("drop", 1, {"after_bytes": 100}),
    "all connections dropped": ("drop", None, {"after_bytes": 100}),
    "no answer at all": ("hang", None, {"seconds": 2}),
    "a field is added": ("drift", 1, {}),
}
# Each day of news is a few requests that wait for their turn; a long weather takes the simulator half a second.
FEWER = {"gdelt": {"first_days": 1}, "open_meteo": {"first_days": 10}}
_numbers = count()
found: dict[str, dict[str, str]] = {}


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


@pytest.fixture
def hasty(world: Running, hurried: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Time-outs of half a second, and a tenth at most between two tries."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.5)
    world.clear_faults()
    yield world
    world.clear_faults()


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_every_fault_ends_in_recovery_or_in_a_clear_error(
    shared_warehouse: Warehouse, hasty: Running, source: str
) -> None:
    clean = connect(
        shared_warehouse, hasty.url, source, slug=f"clean-{source.replace('_', '-')}", **FEWER.get(source, {})
    )
    sync(shared_warehouse, source, clean)
    expected = rows(shared_warehouse, source, clean)
    for words, (fault, times, options) in FAULTS.items():
        tenant = connect(shared_warehouse, hasty.url, source, slug=f"faulty-{next(_numbers)}", **FEWER.get(source, {}))
        with shared_warehouse.connect("loader") as database:
            database.execute("delete from app.response_cache")
        hasty.fault(f"/{source}/*", fault, times=times, **options)
        (outcome,) = sync(shared_warehouse, source, tenant)
        hasty.clear_faults()
        if outcome.error is None:
            told = "goes on"
        else:
            with shared_warehouse.connect("loader") as database:
                (hold, *_) = holds.of(database, tenant.tenant_id)
            told = f"{outcome.error.error_class}, {'waits' if hold.resume_at else 'next sync'}"
            later = NOW + timedelta(minutes=11)
            (outcome,) = sync(shared_warehouse, source, tenant, now=later)
        found.setdefault(words, {})[source] = told
        assert outcome.error is None, (words, outcome)
        assert {name: len(kept) for name, kept in rows(shared_warehouse, source, tenant).items()} == {
            name: len(kept) for name, kept in expected.items()
        }, words


def table() -> str:
    lines = [f"| | {' | '.join(f'`{source}`' for source in SOURCES)} |", f"|---{'|---' * len(SOURCES)}|"]
    for words, by_source in found.items():
        cells = [by_source[source] for source in SOURCES]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_the_readme_tells_what_happened() -> None:
    if set(found) != set(FAULTS) or any(set(cells) != set(SOURCES) for cells in found.values()):
        pytest.skip("the table is compared where all of its tests ran before")
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    told, _, after = rest.partition(END)
    if os.environ.get("WRITE_FAULT_TABLE"):
        README.write_text(before + BEGIN + table() + END + after)
        return
    assert told == table()

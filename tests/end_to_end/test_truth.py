"""What the API tells is what happened: three company styles, compared with the simulator's own books.

WRITE_TRUTH=1 pytest tests/end_to_end/test_truth.py    # writes the lines of dbt_project/truth.md anew
"""

import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import pytest

import dbt_project
from pipelines import contracts
from tests import conftest
from tests.end_to_end import always_true, truth_table
from tests.end_to_end import figures_of_delivery as _of_delivery  # noqa: F401  (it fills FIGURES)
from tests.end_to_end import figures_of_issues as _of_issues  # noqa: F401  (it goes on)
from tests.end_to_end import stack as house
from tests.end_to_end.figures import FIGURES, Books, differing

WORLDS = {  # seeds that live in one warehouse, read by one load and one transform
    (1,): (),
    (2, 3): [pytest.mark.slow],
    tuple(range(1, 21)): [pytest.mark.slow, pytest.mark.soak],
}
each_world = pytest.mark.parametrize(
    "living",
    [pytest.param(seeds, marks=marks, id=f"seeds: {len(seeds)}") for seeds, marks in WORLDS.items()],
    indirect=True,
    scope="module",
)
each_company = pytest.mark.parametrize(
    ("living", "slug"),
    [
        pytest.param(seeds, slug, marks=marks, id=f"{slug} of {len(seeds)}")
        for seeds, marks in WORLDS.items()
        for slug in house.slugs_of(seeds)
    ],
    indirect=["living"],
    scope="module",
)


class Living(NamedTuple):
    """A world that was read, and by slug what is told and known of a company."""

    stack: house.Stack
    seeds: tuple[int, ...]
    books: Callable[[str], Books]


@pytest.fixture(scope="module")
def living(request, postgres, tmp_path_factory) -> Iterator[Living]:
    """Companies that were read on one day, lived on for a day, and were read again."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, house.companies(*request.param) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        stack.sync()
        if len(request.param) > 1:  # one company of a style is built at once, several bit by bit
            stack.transform()
        simulator.advance(days=1)
        stack.sync(sweep=True)
        stack.transform()
        with house.served(warehouse) as api:
            yield Living(stack, request.param, cache(lambda slug: Books(stack, api, slug)))
    conftest.drop(postgres, warehouse)


@each_company
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_tells_what_happened(living: Living, slug: str, name: str) -> None:
    figure = FIGURES[name]
    told, happened = figure.cells(living.books(slug))
    wrong = differing(told, happened)

    assert len(wrong) <= figure.may_differ(len(happened)), list(wrong.items())[:5]


@each_world
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_something_to_tell_of_every_style(living: Living, name: str) -> None:
    """A single small company may live for weeks without a failure; all of a style do not."""
    telling = set()
    for slug in house.slugs_of(living.seeds):
        told, _ = FIGURES[name].cells(living.books(slug))
        if any(value not in (None, 0) for value in told.values()):
            telling.add(slug.partition("-")[0])

    assert telling == {slug.partition("-")[0] for slug in house.slugs_of(living.seeds)}


@each_world
def test_the_table_of_differences_tells_of_this_world(living: Living) -> None:
    table = truth_table.made(house.slugs_of(living.seeds), living.books)
    if os.environ.get("WRITE_TRUTH") or len(living.seeds) == 20:
        truth_table.keep(len(living.seeds), table)

    assert truth_table.kept(len(living.seeds)) == table


@each_world
def test_what_is_always_true_is_true_of_every_published_row(living: Living) -> None:
    marts = contracts.read(dbt_project.manifest_path(living.stack.warehouse.home))
    with living.stack.warehouse.connect("transformer") as connection:
        found = {name: connection.execute(query).fetchall() for name, query in always_true.queries(marts).items()}

    assert {name: rows[:3] for name, rows in found.items() if rows} == {}


@pytest.mark.parametrize(
    "living",
    [pytest.param(seeds, marks=marks, id=f"seeds: {len(seeds)}") for seeds, marks in WORLDS.items() if marks],
    indirect=True,
    scope="module",
)
def test_every_day_later_the_marts_equal_a_full_refresh(living: Living) -> None:
    before = checksums(living.stack)
    living.stack.transform(full=True)
    assert checksums(living.stack) == before


def checksums(stack: house.Stack) -> dict[str, tuple[int, str | None]]:
    """Rows and a checksum of each published mart, whatever the order of its rows."""
    found = {}
    with stack.warehouse.connect("transformer") as connection:
        for (mart,) in connection.execute("select tablename from pg_tables where schemaname = 'marts' order by 1"):
            query = f"select count(*), sum(hashtextextended(row_to_json(m)::text, 0))::text from marts.{mart} as m"
            found[mart] = connection.execute(query).fetchone()
    return found

"""Readings at once: each in its own order, a few items ahead, all ended with the first that fails."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from pipelines.sources.readers import AHEAD, completed, side_by_side


def counting(name: str, made: list[tuple[str, int]], last: int = 50) -> Iterator[tuple[str, int]]:
    for number in range(last):
        made.append((name, number))
        yield name, number


def test_each_keeps_its_order_and_nothing_is_lost():
    with ThreadPoolExecutor(3) as threads:
        readings = {name: partial(counting, name, []) for name in "abcde"}
        found = list(side_by_side(threads, readings))

    for name in "abcde":
        assert [number for one, number in found if one == name] == list(range(50))


def test_no_more_is_read_ahead_than_a_few_items():
    made: list[tuple[str, int]] = []
    with ThreadPoolExecutor(2) as threads:
        readings = {name: partial(counting, name, made) for name in "ab"}
        for taken, _ in enumerate(side_by_side(threads, readings), 1):
            time.sleep(0.002)
            assert len(made) - taken <= AHEAD + 2  # one in each reader's hand


def test_readings_are_under_way_at_the_same_time():
    meeting = threading.Barrier(4, timeout=10)

    def waiting() -> Iterator[int]:
        yield meeting.wait()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(side_by_side(threads, dict.fromkeys("abcd", waiting))) == [0, 1, 2, 3]


def test_the_first_error_ends_them_all():
    closed = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    def failing() -> Iterator[int]:
        yield 2
        raise KeyError("number")

    with ThreadPoolExecutor(3) as threads, pytest.raises(KeyError, match="number"):
        list(side_by_side(threads, {"a": endless, "b": failing, "c": endless}))
    assert closed == [True, True]


def test_whoever_takes_no_more_leaves_no_reader_behind():
    made: list[tuple[str, int]] = []
    with ThreadPoolExecutor(2) as threads:
        readings = side_by_side(threads, {name: partial(counting, name, made, 10_000) for name in "abcd"})
        next(readings)
        readings.close()  # type: ignore[attr-defined]

        assert len(made) < 20


def test_without_threads_one_is_read_after_another():
    assert list(side_by_side(None, {name: partial(counting, name, [], 2) for name in "ab"})) == [
        ("a", 0), ("a", 1), ("b", 0), ("b", 1),
    ]  # fmt: skip


def test_pages_are_completed_at_once_and_come_in_their_order():
    meeting = threading.Barrier(2, timeout=10)

    def complete(page: int) -> int:
        if page < 2:
            meeting.wait()
        return page * 10

    assert list(completed(range(5), complete)) == [(page, page * 10) for page in range(5)]


def test_a_list_that_breaks_off_gives_the_pages_before_and_no_page_beyond_one_that_fails():
    def breaking() -> Iterator[int]:
        yield from range(3)
        raise KeyError("token")

    taken = []
    with pytest.raises(KeyError, match="token"):
        for page, _ in completed(breaking(), str):
            taken.append(page)
    assert taken == [0, 1, 2]

    taken.clear()
    with pytest.raises(ZeroDivisionError):
        for page, _ in completed(range(6), lambda page: 1 / (page - 2)):
            taken.append(page)
    assert taken == [0, 1]

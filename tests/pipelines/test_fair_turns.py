"""Who waits longest is next, and nobody keeps a place while others wait."""

import threading
from queue import Queue

import pytest

from pipelines import fair_turns
from pipelines.fair_turns import Places, Turn


@pytest.mark.parametrize("count", [1, 2])
def test_the_short_one_is_done_while_the_long_ones_go_on(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(fair_turns, "SLICE_SECONDS", 0.0)
    places, short_is_done, given_up = Places(count), threading.Event(), threading.Event()

    def go_on() -> None:
        with Turn(places) as turn:
            while not (short_is_done.is_set() or given_up.is_set()):
                turn.give_way()

    def be_short() -> None:
        with Turn(places) as turn:
            for _ in range(5):
                turn.give_way()
        short_is_done.set()

    threads = [threading.Thread(target=target) for target in (go_on, go_on, be_short)]
    for thread in threads:
        thread.start()
    was_done = short_is_done.wait(10)
    given_up.set()
    for thread in threads:
        thread.join(10)
    assert was_done


def test_no_more_work_at_once_than_there_are_places() -> None:
    places, at_once, most, lock = Places(3), 0, 0, threading.Lock()

    def once() -> None:
        nonlocal at_once, most
        with Turn(places):
            with lock:
                at_once += 1
                most = max(most, at_once)
            threading.Event().wait(0.01)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 3 and not places.are_wanted


def test_a_turn_that_fails_gives_its_place_back() -> None:
    places = Places(1)
    with pytest.raises(ValueError, match="broken"), Turn(places):
        raise ValueError("broken")
    with Turn(places) as turn:
        assert not turn.is_over  # nobody waits


def test_who_waits_for_a_source_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_turns, "PATIENCE_SECONDS", 0.01)
    places, answers, done = Places(1), Queue[str](), []

    def wait() -> None:
        with Turn(places) as turn:
            done.append(turn.awaiting(lambda seconds: answers.get(timeout=seconds)))

    waiting = threading.Thread(target=wait)
    waiting.start()
    for _ in range(3):  # the others have the one place meanwhile
        with Turn(places):
            done.append("other")
    answers.put("late")
    waiting.join(10)
    assert done == ["other", "other", "other", "late"]
    with Turn(places) as turn:
        assert not turn.is_over  # and no place is lost

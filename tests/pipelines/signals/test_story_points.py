"""Story points by similar issues, on titles that say how large they are."""

import numpy as np
import pytest

from pipelines.signals.story_points import Text, estimates, weighted_quantile

SIZES = {"typo on the page": 1.0, "migrate database to new cluster": 8.0, "add export button for invoices": 3.0}


def texts(count, offset=0):
    kinds = list(SIZES)
    return [
        Text(f"{offset + n}", f"SHOP-{offset + n}", f"{kinds[n % 3]} {'abcdefgh'[n % 8]}", "") for n in range(count)
    ]


def points(known):
    return np.array([next(size for title, size in SIZES.items() if text.title.startswith(title)) for text in known])


def test_an_issue_gets_the_points_of_those_with_its_words():
    known = texts(30)
    (typo, move), backtest = estimates(
        known, points(known), [Text("x", "X-1", "Typo on page", ""), Text("y", "X-2", "Migrate the database", "")]
    )

    assert (typo.value, typo.low, typo.high, typo.n) == (1.0, 1.0, 1.0, 9)
    assert move.value == 8.0
    assert all(known[at].title.startswith("typo") for at, _ in typo.neighbours)
    assert [alike for _, alike in typo.neighbours] == sorted((alike for _, alike in typo.neighbours), reverse=True)
    assert (backtest.n, backtest.mean_error) == (30, 0.0)
    assert backtest.mean_error_of_median > 2


def test_without_anything_alike_or_with_few_estimated_issues_it_is_refused():
    known = texts(30)
    (strange,), _ = estimates(known, points(known), [Text("x", "X-1", "Zürich quokka", "")])
    (early,), backtest = estimates(known[:5], points(known[:5]), [Text("x", "X-1", "Typo", "")])

    assert (strange.value, strange.refusal) == (None, "Only 0 similar issues; an estimate needs 3.")
    assert early.refusal == "Only 5 estimated issues in the project; an estimate needs 20."
    assert (backtest.n, backtest.mean_error) == (0, None)


def test_titles_without_a_word_are_refused_and_raise_nothing():
    known = [Text(str(n), f"SHOP-{n}", "", "!!!") for n in range(20)]
    (made,), backtest = estimates(known, np.ones(20), [Text("x", "X-1", "", "???")])

    assert made.refusal == "Only 0 similar issues; an estimate needs 3."
    assert backtest.n == 0


@pytest.mark.parametrize(("share", "expected"), [(0.25, 2.0), (0.5, 5.0), (0.75, 5.0)])
def test_a_weighted_quantile_is_a_value_that_was_given(share, expected):
    assert weighted_quantile(np.array([5.0, 1.0, 2.0]), np.array([3.0, 1.0, 1.0]), share) == expected

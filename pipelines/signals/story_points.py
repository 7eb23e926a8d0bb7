"""Story points by similar issues: the weighted median of what was given to the issues whose words are most alike.

How alike two texts are, `similarity.py` says. Points of two projects are on two scales, so only issues of the same
project are asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipelines.signals.similarity import BLOCK_CELLS, DIGITS, vectors

Array = NDArray[np.float64]

MIN_KNOWN = 20  # estimated issues of the project; with fewer, the nearest are rarely near
MIN_NEIGHBOURS = 3
NEIGHBOURS = 9
LEAST_ALIKE = 0.1  # of 1; below, only everyday words are shared
MAX_KNOWN = 2_000  # the newest; older estimates are of another team


@dataclass(frozen=True)
class Text:
    """An issue by its words."""

    issue_id: str
    key: str
    title: str
    body: str


@dataclass(frozen=True)
class Estimate:
    """What similar issues were given, or why that says nothing."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    neighbours: tuple[tuple[int, float], ...] = ()  # positions among the known, how alike; most alike first
    refusal: str | None = None


@dataclass(frozen=True)
class Backtest:
    """Each known issue estimated by the others: mean absolute errors, in points."""

    n: int = 0
    mean_error: float | None = None
    mean_error_of_median: float | None = None  # of always giving the project's median


def estimates(known: Sequence[Text], points: Array, asked: Sequence[Text]) -> tuple[list[Estimate], Backtest]:
    """An estimate of each asked issue from the known ones of its project, and how well the known ones fare alike."""
    if len(known) < MIN_KNOWN:
        reason = f"Only {len(known)} estimated issues in the project; an estimate needs {MIN_KNOWN}."
        return [Estimate(0, refusal=reason) for _ in asked], Backtest()
    texts = [*known, *asked]
    matrix = vectors([text.title for text in texts], [text.body for text in texts])
    own, others = matrix[: len(known)], matrix[len(known) :]
    made = [_estimate(points, row) for row in _similarities(others, own)]
    return made, _backtest(points, own)


def _similarities(rows: sparse.csr_matrix, known: sparse.csr_matrix) -> list[Array]:
    """How alike each row is to each known one, a block of rows at a time."""
    block = max(1, BLOCK_CELLS // max(1, known.shape[0]))
    found: list[Array] = []
    for start in range(0, rows.shape[0], block):
        found += list(np.round((rows[start : start + block] @ known.T).toarray().astype(float), DIGITS))
    return found


def _estimate(points: Array, alike: Array) -> Estimate:
    nearest = np.lexsort((np.arange(len(alike)), -alike))[:NEIGHBOURS]
    nearest = nearest[alike[nearest] >= LEAST_ALIKE]
    if len(nearest) < MIN_NEIGHBOURS:
        return Estimate(
            len(nearest), refusal=f"Only {len(nearest)} similar issues; an estimate needs {MIN_NEIGHBOURS}."
        )
    given, weights = points[nearest], alike[nearest]
    value, low, high = (weighted_quantile(given, weights, share) for share in (0.5, 0.25, 0.75))
    return Estimate(len(nearest), value, low, high, tuple((int(at), float(alike[at])) for at in nearest))


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """The least value up to which that share of the weight lies: always one that was given."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= share * weights.sum() - 1e-9
    return float(values[order][reached.argmax()])


def _backtest(points: Array, known: sparse.csr_matrix) -> Backtest:
    errors, plain = [], []
    for at, alike in enumerate(_similarities(known, known)):
        alike[at] = 0.0
        made = _estimate(points, alike)
        if made.value is not None:
            errors.append(abs(made.value - points[at]))
            plain.append(abs(float(np.median(np.delete(points, at))) - points[at]))
    if not errors:
        return Backtest()
    return Backtest(len(errors), float(np.mean(errors)), float(np.mean(plain)))

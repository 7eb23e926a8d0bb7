"""How alike texts are, by their words and letters: sparse TF-IDF, a block of rows at a time, never all pairs."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

# Words of the title, of title and body (twice the weight), letters of the title: three cosines, together at most 1.
TITLE, WHOLE, LETTERS = 1 / 4, 2 / 4, 1 / 4
WORD = r"(?u)\b\w+\b"
BODY_CHARACTERS = 600  # what follows is mostly logs and signatures
COMMON = 2_000  # what more texts than that say tells nothing apart, and makes every text a candidate of every other
CANDIDATES = 50  # of a text; the others are less alike
BLOCK_CELLS = 4_000_000  # of a block's product at most; eight bytes each
DIGITS = 4  # sums of floats differ in the last digits from one machine to the next, ranks must not
VERSION = "lexical-1"


class Pairs(NamedTuple):
    """Rows, others that are like them, and how much; most alike first for each row, equals by their order."""

    rows: np.ndarray
    others: np.ndarray
    alike: np.ndarray


def vectors(titles: Sequence[str], bodies: Sequence[str]) -> sparse.csr_matrix:
    """A row a text, such that the product of two rows is their similarity, from 0 to 1."""
    wholes = [f"{title}\n{body[:BODY_CHARACTERS]}" for title, body in zip(titles, bodies, strict=True)]
    parts: list[tuple[float, Sequence[str], dict[str, Any]]] = [
        (TITLE, titles, {"token_pattern": WORD, "ngram_range": (1, 2)}),
        (WHOLE, wholes, {"token_pattern": WORD}),
        (LETTERS, titles, {"analyzer": "char_wb", "ngram_range": (3, 4)}),
    ]
    return sparse.hstack([np.sqrt(weight) * _weighted(texts, how) for weight, texts, how in parts], format="csr")


def _weighted(texts: Sequence[str], how: dict[str, Any]) -> sparse.csr_matrix:
    try:
        return TfidfVectorizer(dtype=np.float32, max_df=COMMON if len(texts) > COMMON else 1.0, **how).fit_transform(
            texts
        )
    except ValueError:  # not one word in all of them
        return sparse.csr_matrix((len(texts), 1), dtype=np.float32)


def pairs(matrix: sparse.csr_matrix) -> Iterator[Pairs]:
    """The rows most like every row, a block of rows at a time."""
    columns = matrix.T.tocsr()
    block = max(1, BLOCK_CELLS // max(1, matrix.shape[0]))
    for start in range(0, matrix.shape[0], block):
        product = matrix[start : start + block] @ columns
        best = [_best(product, at, start + at) for at in range(product.shape[0])]
        yield Pairs(*(np.concatenate(parts) for parts in zip(*best, strict=True)))


def _best(product: sparse.csr_matrix, at: int, row: int) -> Pairs:
    part = slice(product.indptr[at], product.indptr[at + 1])
    others, alike = product.indices[part], product.data[part].round(DIGITS)
    if len(others) > CANDIDATES:
        least = np.partition(alike, -CANDIDATES - 1)[-CANDIDATES - 1]
        others, alike = others[alike >= least], alike[alike >= least]
    others, alike = others[others != row], alike[others != row]
    order = np.lexsort((others, -alike))[:CANDIDATES]
    return Pairs(np.full(len(order), row), others[order], alike[order].astype(float).round(DIGITS).clip(0, 1))

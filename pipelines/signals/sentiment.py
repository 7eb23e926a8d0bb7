"""Sentiment of English texts in [-1, 1]: VADER's rules and lexicon with our own words, in a blank spaCy pipeline.

A language without a scorer has no sentiment, which is None and never 0: English scorers are noise on German.
"""

import csv
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.signals.language import is_english

SCORER = "vader+clearsignal"
LEXICON = Path(__file__).parent / "lexicon.csv"  # word, weight in VADER's -4 … 4 (0: misread by VADER), kind
COMPONENT = "clearsignal_sentiment"
BATCH = 500  # texts in flight through spaCy

SCORES = {"sentiment": pl.Float64, "scorer": pl.String, "scorer_version": pl.String}


@cache
def scorer_version() -> str:
    """VADER's version and the fingerprint of our words: another list is another scorer."""
    return f"{version('vadersentiment')}+{sha256(LEXICON.read_bytes()).hexdigest()[:8]}"


def own_words() -> dict[str, float]:
    """Our own words and their weights."""
    with LEXICON.open(encoding="utf-8", newline="") as lines:
        return {row["word"]: float(row["weight"]) for row in csv.DictReader(lines)}


def score(texts: pl.DataFrame) -> pl.DataFrame:
    """`texts` (text, language) with the columns of SCORES added; the order stays.

    `language` is its name or code as the source gives it (`English`, `en-GB`), null where it says nothing: then the
    text itself decides. Texts that are empty or not English get a null sentiment.
    """
    known = texts.select("text", "language").rows()
    wanted = [at for at, (text, language) in enumerate(known) if text and is_english(text, language)]
    sentiments: list[float | None] = [None] * len(known)
    for at, document in zip(wanted, _pipeline().pipe((known[at][0] for at in wanted), batch_size=BATCH), strict=True):
        sentiments[at] = document._.sentiment
    return texts.with_columns(
        pl.Series("sentiment", sentiments, dtype=pl.Float64),
        scorer=pl.lit(SCORER),
        scorer_version=pl.lit(scorer_version()),
    )


@cache
def _pipeline() -> Any:  # spaCy's Language, which is imported where it is used
    """A blank English pipeline with one component. `Doc.sentiment` of spaCy itself is always 0."""
    import spacy
    from spacy.language import Language
    from spacy.tokens import Doc
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(own_words())
    if not Doc.has_extension("sentiment"):
        Doc.set_extension("sentiment", default=None)

    @Language.component(COMPONENT)
    def add_sentiment(document: Doc) -> Doc:
        document._.sentiment = analyzer.polarity_scores(document.text)["compound"]
        return document

    pipeline = spacy.blank("en")
    pipeline.add_pipe(COMPONENT)
    return pipeline

"""Sentiment: texts a second through the spaCy pipeline, language check included, against VADER alone."""

import time
from typing import Any

import polars as pl

from pipelines.signals import sentiment
from tests.benchmarks.report import figure, interleaved

GOAL = 0.4  # VADER alone reaches 27,000 to 40,000 a second on the machine of the goal of 15,000
COPIES = 1000
HEADLINES = (
    "Acme shares plunge after profit warning",
    "Acme beats estimates and raises its outlook for the year",
    "Checkout times out: 504 gateway timeout for all customers in Europe since the release of this morning",
    "The board met on Tuesday to discuss the annual report",
    "Login is fixed and stable again, thanks to the platform team",
    "Analysts downgrade Acme on weak demand",
    "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn in the corresponding period",
    "Prices of natural gas slide as a warm winter keeps demand low",
)


def run() -> list[dict[str, Any]]:
    """Texts a second of both, in turns."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    texts = [f"{headline} ({copy})" for copy in range(COPIES) for headline in HEADLINES]
    frame = pl.DataFrame({"text": texts, "language": ["English"] * len(texts)})
    analyzer = SentimentIntensityAnalyzer()
    sentiment.score(frame.head(1))

    def ours() -> float:
        begun = time.perf_counter()
        sentiment.score(frame)
        return time.perf_counter() - begun

    def vader() -> float:
        begun = time.perf_counter()
        for text in texts:
            analyzer.polarity_scores(text)
        return time.perf_counter() - begun

    mine, reference = interleaved(ours, vader, rounds=5)
    rates = len(texts) / mine, len(texts) / reference
    return [figure("sentiment", "texts scored", rates[0], "texts/s", reference=rates[1], goal=GOAL)]


if __name__ == "__main__":
    run()

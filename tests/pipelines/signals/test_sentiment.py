"""Sentiment: directions that are known, languages that have no scorer, and the detector of languages."""

import csv
from pathlib import Path

import polars as pl
import pytest

from pipelines.signals import sentiment
from pipelines.signals.language import is_english


def score(text: str | None, language: str | None = None) -> float | None:
    texts = pl.DataFrame({"text": [text], "language": [language]}, schema={"text": pl.String, "language": pl.String})
    return sentiment.score(texts)["sentiment"][0]


@pytest.mark.parametrize(
    "text",
    [
        "Acme beats estimates and raises outlook",
        "Stock soars to record high",
        "Bullish on $TSLA, long calls",
        "Operating profit rose to EUR 13.1 mn from 8.7 mn",
        "Analysts upgrade Acme to overweight",
        "Checkout is fixed and stable again",
    ],
)
def test_good_news_is_positive(text: str):
    assert score(text) > 0.05


@pytest.mark.parametrize(
    "text",
    [
        "Acme shares plunge after profit warning",
        "Bearish on tech, shorting it",
        "Analysts downgrade Acme on weak demand",
        "Checkout outage: gateway timeout for all customers",
        "Company cuts dividend and announces layoffs",
        "App crashes with an exception at login",
    ],
)
def test_bad_news_is_negative(text: str):
    assert score(text) < -0.05


@pytest.mark.parametrize("text", ["The board met on Tuesday", "Shares of a gold trust pay interest"])
def test_words_that_vader_misreads_are_neutral(text: str):
    assert score(text) == 0


def test_another_language_has_no_sentiment_by_its_source_or_by_its_words():
    assert score("Acme stock soars", "German") is None
    assert score("Die Aktie steigt nach guten Zahlen auf ein neues Hoch") is None
    assert score("Le titre progresse après de bons résultats") is None
    assert score("株価が急騰") is None


def test_an_empty_text_has_no_sentiment():
    assert score("", "English") is None
    assert score(None) is None
    assert score("404 !!!") is None


def test_german_news_are_told_from_english(recorded: Path):
    with (recorded / "headlines" / "german_news_sentiment.csv").open(encoding="utf-8") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]

    assert sum(map(is_english, texts)) / len(texts) < 0.01


@pytest.mark.parametrize(
    "text",
    ["Login fails", "Payment page crashes on Safari 17", "Search is slow for our team", "Café menu does not load"],
)
def test_short_english_tickets_are_english(text: str):
    assert is_english(text)


def test_each_score_carries_its_scorer_and_the_order_stays():
    texts = pl.DataFrame({"text": ["Stock soars", "Kurs fällt und fällt", "Stock plunges"], "language": [None] * 3})

    rows = sentiment.score(texts)

    assert [None if value is None else value > 0 for value in rows["sentiment"]] == [True, None, False]
    assert rows["scorer"].unique().to_list() == ["vader+clearsignal"]
    assert rows["scorer_version"][0].startswith("3.3")


def test_the_own_words_are_single_lower_case_and_in_vaders_range():
    words = sentiment.own_words()

    assert len(words) >= 340
    assert all(word == word.lower() and " " not in word for word in words)
    assert all(-4 <= weight <= 4 for weight in words.values())

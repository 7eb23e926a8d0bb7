"""GDELT's query language, the part that matters here: phrases, (a OR b), sourcelang:, sourcecountry:, domain:."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.simulator import headlines, news
from pipelines.simulator.geonames import Place, plain
from pipelines.simulator.news import Article

TOKEN = re.compile(r'\(|\)|"[^"]*"|[^\s()"]+')
LANGUAGES = {"eng": "English", "english": "English", "ger": "German", "deu": "German", "german": "German"}
COUNTRIES = {"us": "United States", "gm": "Germany", "uk": "United Kingdom", "in": "India", "au": "Austria"}
COUNTRIES |= {"sz": "Switzerland", "fr": "France", "sp": "Spain", "it": "Italy", "germany": "Germany"}
MIN_PHRASE, MAX_QUERY = 3, 250


class Refused(Exception):
    """GDELT's plain-text complaint about a query."""


@dataclass(frozen=True, slots=True)
class Query:
    """Groups that must all be met, each by one of its terms; and what the source must be ("" is any)."""

    groups: tuple[tuple[str, ...], ...]
    language: str = ""
    country: str = ""
    domain: str = ""

    def matches(self, article: Article) -> bool:
        if self.language and article.language != self.language:
            return False
        if self.country and article.country != self.country:
            return False
        if self.domain and self.domain not in article.domain:
            return False
        return all(any(_says(article, term) for term in group) for group in self.groups)

    @property
    def places(self) -> tuple[Place, ...]:
        """The places whose news can match. A query that names none finds nothing: news is always about a place."""
        found = {place for group in self.groups for term in group for place in news.places_named(term)}
        return tuple(sorted(found, key=lambda place: place.geoname_id))

    def articles(self, start: int, end: int) -> Iterator[Article]:
        """What matches and was seen from `start` up to and including `end`, oldest bin first."""
        for number in range(-(-start // news.BIN), end // news.BIN + 1):
            for place in self.places:
                for article in news.bin_articles(place, number):
                    if self.matches(article):
                        yield article


def _says(article: Article, term: str) -> bool:
    if term in headlines.SUBJECTS:
        return article.subject == term
    named = news.places_named(term)
    if named:
        return any(place.name in article.title for place in named)
    return plain(term) in plain(article.title)


def parse(text: str) -> Query:
    """Raise Refused in GDELT's words where it would refuse the query."""
    if not 3 <= len(text.strip()) <= MAX_QUERY:
        raise Refused("Your query was too short or too long.")
    groups: list[tuple[str, ...]] = []
    source = {"language": "", "country": "", "domain": ""}
    inside: list[str] | None = None
    for token in TOKEN.findall(text):
        if token == "(":
            inside = []
        elif token == ")":
            if inside is None or len(inside) < 3 or "OR" not in inside:
                raise Refused("Parentheses may only be used around OR'd statements.")
            groups.append(tuple(term for term in inside if term != "OR"))
            inside = None
        elif token == "OR" and inside is None:
            raise Refused("Queries containing OR'd terms must be surrounded by ().")
        elif inside is not None:
            inside.append(token if token == "OR" else _term(token))
        elif ":" in token and not token.startswith('"'):
            _restrict(source, token)
        else:
            groups.append((_term(token),))
    return Query(tuple(groups), **source)


def _term(token: str) -> str:
    if token.startswith('"') and len(token.strip('"')) < MIN_PHRASE:
        raise Refused("The specified phrase is too short.")
    return token.strip('"').casefold()


def _restrict(source: dict[str, str], token: str) -> None:
    name, value = token.casefold().split(":", 1)
    if name == "sourcelang":
        source["language"] = LANGUAGES.get(value, value)
    elif name == "sourcecountry":
        if value not in COUNTRIES:
            raise Refused("Invalid/Unsupported Country.")
        source["country"] = COUNTRIES[value]
    elif name in {"domain", "domainis"}:
        source["domain"] = value
    elif name == "theme":
        source["domain"] = "nothing.invalid"  # themes are of the GKG, which is not simulated: no match

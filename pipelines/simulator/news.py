"""The news of the world: articles about places, quarter of an hour by quarter of an hour, for ever the same."""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi
from random import Random

from pipelines.simulator import headlines
from pipelines.simulator.chance import poisson, uniform, wave
from pipelines.simulator.geonames import Place, places, plain

BIN = 900  # seconds
ALL_ARTICLES_PER_BIN = 5_600  # what GDELT monitors in a quarter of an hour, about


@dataclass(frozen=True, slots=True)
class Article:
    """One article as seen at one site. `seen_at` in seconds since 1970, UTC."""

    url: str
    title: str
    seen_at: int
    domain: str
    language: str
    country: str
    subject: str
    tone: float


def interest(place: Place, number: int) -> float:
    """How many articles a place is expected to have in one bin: by size, time of day, week and events."""
    local = (number * BIN / 3600 + place.longitude / 15) % 24
    weekday = (number * BIN // 86_400 + 3) % 7
    base = 0.05 + min(0.3, place.population / 4e7)
    rhythm = (1 - 0.65 * cos((local - 3.5) / 24 * 2 * pi)) * (0.6 if weekday >= 5 else 1.0)
    return (
        base
        * rhythm
        * (1.5 if _event(place, number) else 1.0)
        * (1 + 0.4 * wave(f"{place.name}attention", number / 300))
    )


def _event(place: Place, number: int) -> bool:
    """A day on which something happens: more articles, and darker ones."""
    return uniform(f"{place.name}event", number * BIN // 86_400) < 0.06


def mood(place: Place, number: int) -> float:
    """How much the place's news leans to the good (1) or the bad (-1) at a time."""
    calm = 0.6 * wave(f"{place.name}mood", number / 700) + 0.3 * wave(f"{place.name}day", number / 96)
    return calm - (0.9 if _event(place, number) else 0.0)


@lru_cache(maxsize=1 << 15)
def bin_articles(place: Place, number: int) -> tuple[Article, ...]:
    """The articles about a place that were seen in one bin, oldest first."""
    random = Random(f"news|{place.geoname_id}|{number}")
    found: list[Article] = []
    for _ in range(poisson(random, interest(place, number))):
        article = _write(random, place, number)
        found.append(article)
        if random.random() < 0.12:  # syndicated: the same words at another address
            site = random.choice(headlines.SYNDICATES)
            found.append(_copied(article, site))
    return tuple(sorted(found, key=lambda article: article.seen_at))


def _write(random: Random, place: Place, number: int) -> Article:
    is_german = place.country_name in headlines.GERMAN_SPEAKING and random.random() < 0.35
    choices = headlines.GERMAN if is_german else headlines.ENGLISH
    lean = mood(place, number)
    headline = random.choices(choices, [max(0.1, 1 + lean * choice.tone / 5) for choice in choices])[0]
    title = headline.text.format(
        place=place.name,
        company=random.choice(headlines.COMPANIES),
        number=random.randint(3, 60),
        weekday=random.choice(headlines.WEEKDAYS),
    )
    if random.random() < 0.0015:  # GDELT writes such titles as they are, which is not JSON
        title += r" \d"
    domain = random.choice(headlines.GERMAN_SITES if is_german else headlines.ENGLISH_SITES)
    slug = re.sub(r"[^a-z0-9]+", "-", plain(title)).strip("-")
    return Article(
        url=f"https://www.{domain}/{headline.subject}/{number * BIN}/{slug}-{random.randrange(10**6)}",
        title=title,
        seen_at=number * BIN,  # GDELT shows the quarter of an hour in which it saw an article
        domain=domain,
        language="German" if is_german else "English",
        country=place.country_name if is_german or random.random() < 0.6 else "United States",
        subject=headline.subject,
        tone=round(headline.tone + random.gauss(0, 1.0), 4),
    )


def _copied(article: Article, site: str) -> Article:
    return Article(
        article.url.replace(article.domain, site),
        article.title,
        article.seen_at,
        site,
        article.language,
        article.country,
        article.subject,
        article.tone,
    )


def all_articles(number: int) -> int:
    """How many articles of all subjects were monitored in one bin (GDELT's `norm`)."""
    return round(ALL_ARTICLES_PER_BIN * (1 + 0.3 * wave("everything", number / 48) + 0.1 * wave("noise", number)))


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[Place, ...]]:
    names: dict[str, list[Place]] = {}
    for place in places():
        short = place.name.removesuffix(" City").removesuffix(" am Main")
        for name in {place.name, short, place.country_name, place.admin_name}:
            names.setdefault(plain(name), []).append(place)
    names["germany"] = [place for place in places() if place.country_code == "DE"]
    names["bangalore"] = names["bengaluru"]
    names["cologne"] = names["koln"]
    return {name: tuple(found) for name, found in names.items()}


def places_named(phrase: str) -> tuple[Place, ...]:
    """The places that a phrase of a query names; none where it names nothing that is reported on."""
    return _known().get(plain(phrase), ())

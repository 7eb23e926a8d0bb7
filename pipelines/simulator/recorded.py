"""Request-shaped recordings: weather, rates, places and timelines answer what was recorded for the same parameters."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

# What a client sends for itself: it does not tell one question from another.
OWN = frozenset({"username", "apikey", "format"})


def question(path: str, parameters: dict[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    """What identifies a request: the last part of its path, and its parameters in any order."""
    return path.rstrip("/").rsplit("/", 1)[-1], frozenset(
        (name.lower(), value) for name, value in parameters.items() if name.lower() not in OWN
    )


def question_of(url: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """The same of a recorded line's `request.url`."""
    parts = urlsplit(url)
    return question(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))


def answer(world: Any, source: str, resource: str, path: str, parameters: dict[str, str]) -> Any:
    """The recorded body for the same question, the newest recording first; None where nothing was recorded."""
    for recording in reversed(world.replays.values()):
        body = recording.bodies.get((source, resource, question(path, parameters)))
        if body is not None:
            return body
    return None

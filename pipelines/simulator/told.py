"""An event that a source tells of by a webhook."""

from typing import Any, NamedTuple


class Told(NamedTuple):
    """`at`: when it happened, in seconds since 1970. `name` and `about` make the id of its delivery."""

    at: int
    name: str
    about: str
    body: Any

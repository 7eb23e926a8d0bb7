"""The session of every client, and how a body is read from it."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import requests

from pipelines.bounded_http import BoundedAdapter
from pipelines.public_http import PublicAdapter

LARGEST_ANSWER = 100 * 2**20


class TooLarge(Exception):
    """The answer is larger than LARGEST_ANSWER."""


def new_session(public_only: bool = False) -> requests.Session:
    """A session that sends nothing of this machine, and with `public_only` nothing to it or its network."""
    made = requests.Session()
    made.trust_env = False  # neither a proxy nor a .netrc of this machine may meet a tenant's token
    for scheme in ("http://", "https://"):
        made.mount(scheme, (PublicAdapter if public_only else BoundedAdapter)(pool_connections=2, pool_maxsize=16))
    made.headers["User-Agent"] = user_agent()
    return made


@cache
def user_agent() -> str:
    """The name that sources see."""
    try:
        return f"clearsignal/{version('clearsignal')}"
    except PackageNotFoundError:
        return "clearsignal/0"


def read_body(response: requests.Response) -> bytes:
    """The whole body, unpacked. Raises TooLarge."""
    parts, size = [], 0
    for part in _chunks(response):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise TooLarge
    return b"".join(parts)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while part := response.raw.read1(2**16, decode_content=True):
        yield part

"""Reads a request's body before anything parses it: within the limit, and without what parsers disagree about."""

import json
import re
from typing import Any

from litestar.types import HTTPReceiveMessage, Receive, Scope

from api.errors import ApiError, invalid

DEEPEST = 32  # levels of lists and objects
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
BRACKET = re.compile(rb"[\[\]{}]")


async def read_strictly(scope: Scope, receive: Receive, limit: int) -> Receive:
    """A `receive` that hands out the checked body. Raises ApiError 400 or 413."""
    body = await _within(scope, receive, limit)
    if body:
        check_media_type(dict(scope["headers"]).get(b"content-type", b""))
        check_json(body)
    return _again(body, receive)


async def read_raw(scope: Scope, receive: Receive, limit: int) -> Receive:
    """A `receive` that hands out the body as it came, whatever it is. Raises ApiError 400 or 413."""
    return _again(await _within(scope, receive, limit), receive)


async def _within(scope: Scope, receive: Receive, limit: int) -> bytes:
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or len(declared) > 15:
        raise invalid("content-length", "is no number")
    if int(declared) > limit:
        raise _too_large(limit)
    if headers.get(b"content-encoding", b"identity") not in (b"", b"identity"):
        raise invalid("content-encoding", "send the body as it is, not compressed")
    return await _read(receive, limit)


def _again(body: bytes, receive: Receive) -> Receive:
    handed_out = False

    async def again() -> HTTPReceiveMessage:
        nonlocal handed_out
        if handed_out:
            return await receive()  # type: ignore[return-value]
        handed_out = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _read(receive: Any, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise invalid("body", "the connection ended before the body did")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)


def check_media_type(given: bytes) -> None:
    """Only JSON, and only as UTF-8. Raises ApiError 400."""
    kind, *options = [part.strip().lower() for part in given.split(b";")]
    if kind != b"application/json" or any(each not in (b"charset=utf-8", b'charset="utf-8"', b"") for each in options):
        raise invalid("content-type", "write application/json")


def check_json(body: bytes) -> None:
    """Strict JSON: UTF-8, no key twice, no NaN, not too deep, no lone surrogate or NUL. Raises ApiError 400."""
    if _depth(body) > DEEPEST:
        raise invalid("body", f"the JSON is nested deeper than {DEEPEST} levels")
    try:
        decoded = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_integer)
        _check_text(decoded)
    except UnicodeDecodeError:
        raise invalid("body", "the JSON is not UTF-8") from None
    except (ValueError, RecursionError):
        raise invalid("body", "this is not valid JSON") from None


def _depth(body: bytes) -> int:
    """The deepest nesting, counted without recursion; brackets inside of strings are taken out first."""
    deepest = depth = 0
    for bracket in BRACKET.findall(STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(given: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(given)
    if len(found) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(twice[:100], "is given twice")
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _integer(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError("too many digits")
    return int(digits)


def _check_text(value: Any) -> None:
    match value:
        case str():
            if "\x00" in value:
                raise invalid("body", "text cannot hold a NUL character")
            value.encode()
        case list():
            for each in value:
                _check_text(each)
        case dict():
            for name, each in value.items():
                _check_text(name)
                _check_text(each)


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "TOO_LARGE", f"The body is larger than {limit} bytes.")

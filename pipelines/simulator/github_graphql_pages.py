"""GraphQL connections: `first`, `last`, `after` and `before` over a sorted list, with opaque cursors."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError


def connection(
    rows: Sequence[Any],
    show: Callable[[Any], dict[str, Any]],
    key: Callable[[Any], tuple] | None = None,
    *,
    descending: bool = False,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """One page of `rows`, which are sorted by `key`; without a key their order never changes and places count.

    A cursor holds the key of its row, so that what moved to the front while somebody pages is not lost.
    """
    keys = [(number,) for number in range(len(rows))] if key is None else [key(row) for row in rows]
    start, end = 0, len(rows)
    if after is not None:
        wanted = _read(after)
        start = sum((found >= wanted) if descending else (found <= wanted) for found in keys)
    if before is not None:
        wanted = _read(before)
        end = sum((found > wanted) if descending else (found < wanted) for found in keys)
    begin, stop = start, max(start, end)
    if first is not None:
        stop = min(stop, begin + first)
    if last is not None:
        begin = max(begin, stop - last)
    nodes = [show(row) for row in rows[begin:stop]]
    cursors = [_cursor(found) for found in keys[begin:stop]]
    return {
        "nodes": nodes,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)],
        "totalCount": len(rows),
        "pageInfo": {
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "hasNextPage": stop < len(rows) and before is None,
            "hasPreviousPage": begin > 0 and after is None,
        },
    }


def _cursor(key: tuple) -> str:
    return base64.b64encode(b"cursor:v2:" + msgspec.json.encode(key)).decode()


def _read(cursor: str) -> tuple:
    try:
        prefix, _, key = base64.b64decode(cursor, validate=True).partition(b":v2:")
        if prefix != b"cursor":
            raise ValueError
        return tuple(msgspec.json.decode(key, type=list[int]))
    except (ValueError, msgspec.DecodeError):
        raise GraphQLError(
            f"`{cursor}` does not appear to be a valid cursor.", extensions={"type": "INVALID_CURSOR_ARGUMENTS"}
        ) from None

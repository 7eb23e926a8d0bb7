"""Encoded answers, kept up to a number of bytes; the one that was not asked for longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    def __len__(self) -> int: ...


V = TypeVar("V", bound=Sized)
LARGEST_SHARE = 8  # an entry may take at most this part of the cache


class ByteCache(Generic[V]):
    """Bounded by the size of its values. Whoever asks puts tenant, role, query and version into the key."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self._entries: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """The value, now the freshest; None where there is none."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value, unless it alone would crowd out the others."""
        if len(value) > self.limit // LARGEST_SHARE:
            return
        old = self._entries.pop(key, None)
        self.size += len(value) - (len(old) if old is not None else 0)
        self._entries[key] = value
        while self.size > self.limit:
            _, gone = self._entries.popitem(last=False)
            self.size -= len(gone)

    def __len__(self) -> int:
        return len(self._entries)

"""What every source module shares: what it is asked, and what it yields.

A source module has RESOURCES: a name → a function that takes a Request and yields Rows, Reached and Present.
It talks only to its client and never to the warehouse, dlt or the clock.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from pipelines.http import Client
from pipelines.kept import Kept, Place
from pipelines.response_cache import ResponseCache, Uncached

THREADS = 8  # requests at once inside a connection
Item = TypeVar("Item")
Result = TypeVar("Result")


class Rows(NamedTuple):
    """Rows of one raw table, without tenant and connection."""

    table: str
    rows: Sequence[dict[str, Any]]


class Reached(NamedTuple):
    """Everything of this resource and scope up to `value` has been yielded."""

    resource: str
    scope: str
    value: str  # ISO 8601; for `etag`, whose scope is an address, what was answered there


class Present(NamedTuple):
    """Every key of `table` that the source still has, among the rows where `where` holds. The others are gone."""

    table: str
    where: Mapping[str, str]
    keys: Sequence[Any]  # values of the last column of the table's key


Reading = Iterator[Rows | Reached | Present]


@dataclass
class Request:
    """One sync of one connection. `now` is when it began: no cursor ever goes beyond it."""

    connection: Any
    client: Client
    now: datetime
    cursors: Mapping[str, str] = field(default_factory=dict)  # "resource|scope" → ISO 8601 or ETag
    full: bool = False
    sweep: bool = False
    places: Sequence[Place] = ()
    wants_files: bool = False  # the tenant maps files to services
    cache: ResponseCache | Uncached | None = None
    other_client: Callable[[str], Client] | None = None  # base url → a client beside `client`
    kept: Kept | None = None  # None: read as if nothing were kept
    notes: dict[str, Any] = field(default_factory=dict)  # what one resource tells a later one
    heads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # repository → commits pointed at

    def since(self, resource: str, scope: str, lookback: timedelta) -> datetime | None:
        """Where to go on: the cursor less `lookback`, None for the whole history.

        A cursor that is no time counts as none; one in the future counts as now.
        """
        stored = self.cursors.get(f"{resource}|{scope}")
        if self.full or not stored:
            return None
        try:
            reached = instant(stored)
        except ValueError:
            return None
        return min(reached, self.now) - lookback

    def reached(self, resource: str, scope: str, seen: Iterable[str | None]) -> Iterator[Reached]:
        """The cursor after rows with these times: the newest that is not in the future, never before the old one."""
        stored = None if self.full else self.since(resource, scope, timedelta(0))
        times = [time for time in map(instant, filter(None, seen)) if time <= self.now]
        newest = max([*times, *([stored] if stored else [])], default=None)
        if newest is not None:
            yield Reached(resource, scope, newest.astimezone(UTC).isoformat())


class Newest:
    """Times as they come, of which only the newest that is not in the future is kept: a list would grow with the rows.

    To be added to, and given to `Request.reached`, which raises what the last that was no time raises.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._newest: datetime | None = None
        self._odd: str | None = None

    def __iadd__(self, times: Iterable[str | None]) -> "Newest":
        for text in filter(None, times):
            try:
                time = instant(text)
            except (ValueError, TypeError):
                self._odd = text
                continue
            if time <= self._now and (self._newest is None or time > self._newest):
                self._newest = time
        return self

    def __iter__(self) -> Iterator[str]:
        if self._odd is not None:
            yield self._odd
        if self._newest is not None:
            yield self._newest.isoformat()


def instant(text: str) -> datetime:
    """ISO 8601 text as an instant; without an offset it is UTC. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def at_once(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results in the order of `items`, eight at a time. The first error is raised after the others ended."""
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(THREADS, len(items))) as pool:
        return list(pool.map(function, items))

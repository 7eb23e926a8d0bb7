"""What every source module shares: what it is asked, and what it yields.

A source module has RESOURCES: a name → a function that takes a Request and yields Rows, Reached, Present and Gone.
It talks only to its client and never to the warehouse, dlt or the clock.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from pipelines.http import REQUESTS_AT_ONCE, Client
from pipelines.kept import Kept, Place
from pipelines.response_cache import ResponseCache, Uncached

THREADS = REQUESTS_AT_ONCE  # more would only wait for the others
PAST = " past:"  # in a cursor: between how far it reaches and where the past goes on
Item = TypeVar("Item")
Result = TypeVar("Result")


class Rows(NamedTuple):
    """Rows of one raw table, without tenant and connection."""

    table: str
    rows: Sequence[dict[str, Any]]


class Reached(NamedTuple):
    """Everything of this resource and scope up to `value` has been yielded, down to where `past` goes on."""

    resource: str
    scope: str
    value: str  # ISO 8601; for `etag`, whose scope is an address, what was answered there
    past: str = ""  # what the source needs to go on with older rows; empty: there are none
    oldest: str = ""  # ISO 8601, of the rows that were yielded, where a past is left

    @property
    def cursor(self) -> str:
        """As it is stored."""
        return f"{self.value}{PAST}{self.past}" if self.past else self.value


class Expected(NamedTuple):
    """How many records of this resource the source says it has, in all scopes."""

    resource: str
    total: int


class Present(NamedTuple):
    """Every key of `table` that the source still has, among the rows where `where` holds. The others are gone.

    A column of `where` has one value, or one of several: then these rows are the parts of so many records.
    """

    table: str
    where: Mapping[str, str | Sequence[Any]]
    keys: Sequence[Any]  # values of the last column of the table's key
    since: tuple[str, datetime] | None = None  # a column and the time from which on `keys` are all; else they are all

    @property
    def is_of_records(self) -> bool:
        """Whether it tells the parts of some records, and not what there is of a list."""
        return any(not isinstance(value, str) for value in self.where.values())


class Gone(NamedTuple):
    """Keys of `table` (values of its key's last column) that the source says it no longer has."""

    table: str
    keys: Sequence[Any]


Reading = Iterator[Rows | Reached | Present | Gone]


def present(
    table: str, where: Mapping[str, str | Sequence[Any]], found: Iterable[Mapping[str, Any]], key: str = "id",
    since: tuple[str, datetime] | None = None,
) -> Iterator[Present]:  # fmt: skip
    """What is there by a whole list. Nothing where one of it has no key: nobody knows which row that is."""
    keys = [one.get(key) for one in found]
    if None not in keys:
        yield Present(table, where, keys, since)


def unread_pasts(cursors: Mapping[str, str]) -> set[str]:
    """The resources whose past is not read to its end."""
    return {key.partition("|")[0] for key, cursor in cursors.items() if PAST in cursor}


@dataclass
class Request:
    """One sync of one connection. `now` is when it began: no cursor ever goes beyond it."""

    connection: Any
    client: Client
    now: datetime
    cursors: Mapping[str, str] = field(default_factory=dict)  # "resource|scope" → ISO 8601 or ETag
    full: bool = False
    sweep: bool = False
    is_trial: bool = False  # somebody asks whether this connection works
    places: Sequence[Place] = ()
    wants_files: bool = False  # the tenant maps files to services
    cache: ResponseCache | Uncached | None = None
    other_client: Callable[..., Client] | None = None  # base url and, if they are others, limits → another client
    kept: Kept | None = None  # None: read as if nothing were kept
    threads: Executor | None = None  # that read what is independent; None: one after another
    horizon: datetime | None = None  # lists that are read newest first stop here and leave the past for later
    past_only: bool = False  # what is new has been read by the same sync
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
            reached = instant(stored.partition(PAST)[0])
        except ValueError:
            return None
        return min(reached, self.now) - lookback

    def past(self, resource: str, scope: str) -> str:
        """Where the past goes on that no sync has read yet. Empty: it is read, or `since` is None."""
        return "" if self.full else self.cursors.get(f"{resource}|{scope}", "").partition(PAST)[2]

    def reached(
        self, resource: str, scope: str, seen: Iterable[str | None], past: str = "", oldest: str = ""
    ) -> Iterator[Reached]:
        """The cursor after rows with these times: the newest that is not in the future, never before the old one.

        Who reads everything again has reached nothing before the end.
        """
        stored = None if self.full else self.since(resource, scope, timedelta(0))
        newest = self.newest(stored.isoformat() if stored else None, *seen)
        if newest is not None and not (self.full and past):
            yield Reached(resource, scope, instant(newest).astimezone(UTC).isoformat(), past, oldest)

    def newest(self, *times: str | None) -> str | None:
        """The latest of these times that is not in the future. What is no time is left out: its record is set apart."""
        known = [(time, text) for text in times if (time := when(text)) and time <= self.now]
        return max(known)[1] if known else None

    def has_enough(self, oldest: str | None) -> bool:
        """Whether a list that has come down to this time leaves what is older for later."""
        time = when(oldest)
        return self.horizon is not None and time is not None and time < self.horizon


def instant(text: str) -> datetime:
    """ISO 8601 text as an instant; without an offset it is UTC. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def when(text: str | None) -> datetime | None:
    """The instant of a text, None where it is none."""
    try:
        return instant(text) if text else None
    except (ValueError, TypeError):
        return None


def at_once(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results in the order of `items`, eight at a time. The first error is raised after the others ended."""
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(THREADS, len(items))) as pool:
        return list(pool.map(function, items))

"""Why a sync failed, in words and in one of nine classes."""

from collections.abc import Iterable

from pipelines.scrubbing import scrub

CLASSES = (
    "credentials",  # the source refused the token or password
    "permission",  # the credentials are right, but do not allow this
    "not_found",  # the repository, site or resource is not there
    "rate_limited",  # asked to wait longer than one request may take
    "unavailable",  # connection refused or dropped, 5xx
    "timeout",  # connected, but the answer did not come in time
    "unparsable",  # an answer came, but not in the shape that the source documents
    "configuration",  # the connection's own settings cannot work
    "internal",  # our fault
)
DO = {
    "credentials": "enter a valid token for this connection.",
    "permission": "give the token read access to this resource, or connect another account.",
    "not_found": "check the names in this connection, and that the account can see them.",
    "rate_limited": "nothing: the next sync goes on where this one stopped.",
    "unavailable": "nothing if it passes; otherwise check the address and the source's status page.",
    "timeout": "nothing if it passes; otherwise check the network between here and the source.",
    "unparsable": "check that the address is the API's (not a web page or proxy); report it if it stays.",
    "configuration": "correct this connection's settings.",
    "internal": "report it with the run's log.",
}
WHOLE_CONNECTION = frozenset({"credentials", "rate_limited", "unavailable", "timeout", "configuration"})
LONGEST = 1_000  # characters of a message, counted when the secrets are out, as half a one is not recognised
UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, IndexError)  # what an answer of another shape raises


class SyncError(Exception):
    """A source could not be read. `retry_after`: seconds that the source asked to wait, where it said so."""

    def __init__(
        self,
        error_class: str,
        message: str,
        *,
        http_status: int | None = None,
        what_to_do: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.http_status = http_status
        self.what_to_do = what_to_do or DO[error_class]
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.error_class}: {self.message} Do: {self.what_to_do}"

    def scrubbed(self, secrets: Iterable[str]) -> "SyncError":
        """The same without these secrets: a source may repeat them in what it answers."""
        known = tuple(secrets)
        return SyncError(
            self.error_class, scrub(self.message, known)[:LONGEST], http_status=self.http_status,
            what_to_do=scrub(self.what_to_do, known), retry_after=self.retry_after,
        )  # fmt: skip

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.error_class in ("rate_limited", "unavailable", "timeout", "unparsable")

    @property
    def stops_the_connection(self) -> bool:
        """Whether the connection's other resources would fail in the same way."""
        return self.error_class in WHOLE_CONNECTION

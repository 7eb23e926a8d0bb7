"""What can go wrong, and the one shape in which every answer says so.

`ApiError` is raised by our own code and carries all of the answer; what Litestar and Postgres raise is turned into
one here. A fault that nobody foresaw is logged with its trace and answered with nothing but its request id.
"""

import logging
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import asyncpg
import psycopg
from litestar import MediaType, Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from msgspec import Struct, field

logger = logging.getLogger("clearsignal.api")
MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")  # Litestar's words, which have no fields


class Fault(Struct, frozen=True):
    """One thing that is wrong: where, and what."""

    field: str
    issue: str


class Details(Struct, frozen=True):
    """The first fault, and all of them."""

    field: str | None = None
    issue: str | None = None
    errors: tuple[Fault, ...] = ()


class ErrorBody(Struct, frozen=True):
    """`code` is for programs and stays, `message` is for people and may be worded better."""

    code: str
    message: str
    details: Details = field(default_factory=Details)


class Failure(Struct, frozen=True):
    """Every answer that is no success."""

    error: ErrorBody
    success: bool = False


class ApiError(Exception):
    """An answer that is no success. `headers` are added to it, such as Retry-After."""

    def __init__(
        self, status: int, code: str, message: str, *faults: Fault, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.faults = status, code, message, faults
        self.headers = headers or {}

    def response(self) -> Response[Failure]:
        """The answer in the one shape."""
        first = self.faults[0] if self.faults else None
        details = Details(first.field, first.issue, self.faults) if first else Details()
        body = Failure(ErrorBody(self.code, self.message, details))
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(body, status_code=self.status, headers=headers, media_type=MediaType.JSON)


def invalid(field: str, issue: str, *more: Fault) -> ApiError:
    """400: the caller's input, with the field named."""
    return ApiError(400, "VALIDATION_ERROR", f"{field}: {issue}", Fault(field, issue), *more)


def not_signed_in(message: str = "Sign in first: the request carries no valid access token.") -> ApiError:
    """401. The same words for every kind of bad token, so that nobody learns which part was right."""
    return ApiError(401, "UNAUTHORIZED", message, headers={"WWW-Authenticate": "Bearer"})


def forbidden(needed: str) -> ApiError:
    """403: signed in, but with too small a role."""
    return ApiError(403, "FORBIDDEN", f"This needs the role {needed} or higher.")


def not_found(message: str = "There is nothing at this address.") -> ApiError:
    """404, for what does not exist and, in the same words, for what belongs to another tenant."""
    return ApiError(404, "NOT_FOUND", message)


def unavailable(code: str, message: str, retry_after: int = 2) -> ApiError:
    """503: true now, but worth trying again after `retry_after` seconds."""
    return ApiError(503, code, message, headers={"Retry-After": str(retry_after)})


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names what was probably meant, or nothing."""
    close = get_close_matches(word[:100], list(known), n=3)
    return f" Did you mean {', '.join(close)}?" if close else ""


DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    ConnectionError,
    OSError,
    psycopg.OperationalError,
)


def from_exception(error: Exception) -> ApiError | None:
    """The answer to an exception that we foresaw, else None."""
    match error:
        case ApiError():
            return error
        case ValidationException():
            return _from_validation(error)
        case NotFoundException():
            return not_found()
        case MethodNotAllowedException():
            return ApiError(
                405, "METHOD_NOT_ALLOWED", "This address does not take that method.", headers=dict(error.headers or {})
            )
        case ClientException():
            return ApiError(error.status_code, "VALIDATION_ERROR", "The request cannot be read.")
        case HTTPException() if error.status_code < 500:
            return ApiError(error.status_code, "REQUEST_REFUSED", "The request was refused.")
        case asyncpg.QueryCanceledError():
            return unavailable("TOO_SLOW", "The answer took too long. Ask for fewer rows or a shorter time.", 5)
        case asyncpg.LockNotAvailableError() | asyncpg.DeadlockDetectedError():
            return unavailable("BUSY", "The data were being replaced. Try again.", 1)
        case asyncpg.DataError():
            return ApiError(400, "VALIDATION_ERROR", "A value is outside of what its column can hold.")
        case _ if isinstance(error, DATABASE_AWAY):
            return unavailable("DATABASE_UNAVAILABLE", "The database does not answer. Try again shortly.")
    return None


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Failure]:
    """Litestar's exception handler for everything."""
    known = from_exception(error)
    if known is None:
        extra = {"request_id": request.scope.get("request_id"), "path": request.scope.get("path_template")}
        logger.error("unforeseen error", exc_info=error, extra=extra)
        known = ApiError(
            500, "INTERNAL", "Something went wrong here. The request id in the headers names it in the log."
        )
    return known.response()


def _from_validation(error: ValidationException) -> ApiError:
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [Fault(str(each.get("key") or "body"), str(each.get("message", "is invalid"))) for each in extra if each]
    if not faults and (missing := MISSING.match(error.detail)):
        faults = [Fault(missing[1], "is required")]
    first = faults[0] if faults else Fault("body", "is invalid")
    return ApiError(400, "VALIDATION_ERROR", f"{first.field}: {first.issue}", *(faults or [first]))

"""CSV files in: streamed to disk, checked whole, accepted or refused with rows; and their undoing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import multipart
from litestar import Request, delete, get, post
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.changes import author
from api.errors import ApiError, Fault, invalid, not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines.names import InvalidName
from pipelines.uploads import store
from pipelines.uploads.kinds import UploadRefused
from pipelines.uploads.text import TooLarge

if TYPE_CHECKING:
    from pipelines.uploads.table import Checked

COLUMNS = "upload_id, kind, name, status, row_count, byte_count, sha256, format, uploaded_at, finished_at, error"
LIST = f"select {COLUMNS} from app.upload order by uploaded_at desc, upload_id limit 500"
ONE = f"select {COLUMNS} from app.upload where upload_id = $1"
ZONE = "select time_zone from app.tenant where tenant_id = %s"
CHECKS_AT_ONCE = asyncio.Semaphore(2)  # each reads a file of up to 200 MB on a core of its own
SLOWEST_SECONDS = 600
PARAMETERS = ("kind", "name", "encoding", "date_format", "decimal", "dry_run")
Kind = Annotated[str | None, Parameter(description="kpi_points or market_prices; by default what the header fits.")]
# No control characters, nothing that turns the direction in which the rest is shown.
SHOWN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]*$"
Name = Annotated[str, Parameter(max_length=200, pattern=SHOWN, description="How the upload is called in lists.")]
Encoding = Annotated[str | None, Parameter(description="By default UTF-8, or UTF-16 where the file is marked as such.")]
DateFormat = Annotated[
    str | None,
    Parameter(description="iso, day.month.year, day/month/year or month/day/year; by default the one that fits."),
]
Decimal = Annotated[str | None, Parameter(description="`.` or `,`; by default the one that fits all numbers.")]
DryRun = Annotated[bool, Parameter(description="Check and show, but load nothing.")]


class Upload(Struct, frozen=True):
    """A file that was accepted. `accepted`: loaded in seconds; `undone`: its rows are gone."""

    upload_id: UUID
    kind: str
    name: str
    status: str
    row_count: int
    byte_count: int
    sha256: Annotated[str, Meta(description="Of the bytes as they came.")]
    format: Annotated[dict[str, Any], Meta(description="How it was read: encoding, delimiter, dates, columns.")]
    uploaded_at: datetime
    finished_at: datetime | None
    error: str | None


class Accepted(Struct, frozen=True):
    """What a file holds. `upload` is null after a dry run."""

    upload: Upload | None
    kind: str
    row_count: int
    format: dict[str, Any]
    preview: Annotated[
        list[dict[str, Any]], Meta(description="The first rows as they are kept, each with its `line` in the file.")
    ]


@post("/uploads", role="editor", parameters=PARAMETERS, status_code=201, operation_id="UploadFile", tags=["uploads"],
      summary="Upload a CSV file")  # fmt: skip
async def upload_file(
    request: Request[Any, Any, Any], services: Services, caller: Caller,
    kind: Kind = None, name: Name = "", encoding: Encoding = None, date_format: DateFormat = None,
    decimal: Decimal = None, dry_run: DryRun = False,
) -> Envelope[Accepted]:  # fmt: skip
    """The file as the body (`text/csv`), or as a form's first file. All of its rows are loaded, or none.

    400 names the lines that do not fit; 413: it is larger than 200 MB. The transform that follows fills the marts.
    """
    if request.headers.get("content-encoding"):
        raise ApiError(415, "ENCODED", "Compressed files are not taken. Do: send the file as it is.")
    try:
        options = store.Options(kind, encoding, date_format, decimal, name or None)
    except InvalidName as error:
        raise invalid(error.field, error.issue) from None
    if CHECKS_AT_ONCE.locked():
        raise ApiError(429, "BUSY", "Other files are being read. Try again shortly.", headers={"Retry-After": "10"})
    try:
        async with CHECKS_AT_ONCE, asyncio.timeout(SLOWEST_SECONDS):
            upload_id, checked, format = await _take(request, services, caller, options, dry_run)
    except TooLarge as error:
        raise ApiError(413, "TOO_LARGE", str(error)) from None
    except UploadRefused as error:
        faults = [Fault(where, why) for where, why in error.faults] or [Fault("file", str(error))]
        raise ApiError(400, "VALIDATION_ERROR", str(error), *faults) from None
    except TimeoutError:
        raise ApiError(408, "TOO_SLOW", "The file did not arrive in ten minutes.") from None
    stored = None if dry_run else await _read(services, caller, upload_id)
    preview = [{key: value for key, value in row.items() if value is not None} for row in checked.preview]
    answer = Accepted(stored, checked.layout.kind.name, checked.row_count, format, preview)
    return Envelope(answer, "It can be loaded" if dry_run else "Accepted")


@get("/uploads", role="analyst", operation_id="ListUploads", tags=["uploads"], summary="What was uploaded")
async def list_uploads(services: Services, caller: Caller) -> Envelope[list[Upload]]:
    """The last 500 uploads, newest first."""
    async with services.database.tenant(caller.tenant_id) as database:
        rows = await database.fetch(LIST)
    return Envelope([_shown(row) for row in rows])


@get("/uploads/{upload_id:uuid}", role="analyst", operation_id="ReadUpload", tags=["uploads"], summary="One upload")
async def read_upload(services: Services, caller: Caller, upload_id: UUID) -> Envelope[Upload]:
    """How far an upload is."""
    return Envelope(await _read(services, caller, upload_id))


@delete("/uploads/{upload_id:uuid}", role="editor", status_code=202, operation_id="UndoUpload", tags=["uploads"],
        summary="Undo an upload")  # fmt: skip
async def undo_upload(services: Services, caller: Caller, upload_id: UUID) -> Envelope[Upload]:
    """Take its rows away; what it had replaced comes back. 409 where nothing of it is loaded."""

    def undo() -> str | None:
        with services.warehouse.connect_as_tenant(caller.tenant_id) as database:
            return store.undo(database, caller.tenant_id, upload_id)

    status = await asyncio.to_thread(undo)
    if status is None:
        raise not_found("There is no such upload.")
    if status in ("failed", "undone"):
        raise ApiError(409, "NOTHING_TO_UNDO", f"Nothing of this upload is loaded: it is {status}.")
    return Envelope(await _read(services, caller, upload_id), "It is being undone")


async def _take(
    request: Request[Any, Any, Any],
    services: Services,
    caller: Caller,
    options: store.Options,
    dry_run: bool,
) -> tuple[UUID, "Checked", dict[str, Any]]:
    """Receive, check and, unless it is a dry run, record a file. Raises UploadRefused."""

    def finish() -> "Checked":
        with services.warehouse.connect_as_tenant(caller.tenant_id) as database:
            (zone,) = database.execute(ZONE, [caller.tenant_id]).fetchone() or ("UTC",)
            checked = intake.check(zone)
            if dry_run:
                store.ready(services.warehouse.home, intake.upload_id).unlink()
            else:
                intake.accept(database, author(caller), checked)
        return checked

    with store.Intake(services.warehouse.home, options) as intake:
        async for chunk in _chunks(request):
            intake.write(chunk)
        checked = await asyncio.to_thread(finish)
        return intake.upload_id, checked, intake.format(checked)


async def _chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The file's bytes as they arrive: the body, or the first file of a form."""
    content_type, parameters = multipart.parse_options_header(request.headers.get("content-type", ""))
    if content_type != "multipart/form-data":
        async for chunk in request.stream():
            yield chunk
        return
    try:
        with closing(multipart.PushMultipartParser(parameters.get("boundary", ""), max_segment_count=8)) as parser:
            wanted: Any = None
            current: Any = None
            async for chunk in request.stream():
                for part in parser.parse(chunk):
                    if isinstance(part, multipart.MultipartSegment):
                        wanted = wanted or (part if part.filename else None)
                        current = part
                    elif part and wanted is not None and current is wanted:
                        yield bytes(part)
    except (multipart.MultipartError, ValueError) as error:
        raise UploadRefused(f"the form cannot be read: {error}") from None


async def _read(services: Services, caller: Caller, upload_id: UUID) -> Upload:
    async with services.database.tenant(caller.tenant_id) as database:
        row = await database.fetchrow(ONE, str(upload_id))
    if row is None:
        raise not_found("There is no such upload.")
    return _shown(row)


def _shown(row: Any) -> Upload:
    return Upload(**{**dict(row), "upload_id": UUID(row["upload_id"])})


ROUTES = [upload_file, list_uploads, read_upload, undo_upload]

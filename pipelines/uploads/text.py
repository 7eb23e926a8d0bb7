"""Bytes as they arrive → one UTF-8 file, in bounded memory. What is no text is refused with its line and byte."""

import codecs
import io
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pipelines.uploads.kinds import UploadRefused, unknown

LARGEST = 200_000_000  # bytes
LONGEST_LINE = 1_000_000  # characters
ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "latin-1": "latin-1", "windows-1252": "cp1252", "shift-jis": "cp932"}
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
OTHER_FILES = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "a zip archive or a spreadsheet (xlsx)", b"PK\x05\x06": "a zip archive",
    b"\x7fELF": "a program", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old spreadsheet (xls)",
}  # fmt: skip


LONGEST_MAGIC = 16  # bytes


class TooLarge(UploadRefused):
    """The file is larger than may be uploaded."""


class Utf8File:
    """Takes chunks, writes UTF-8; ends of lines stay as they are. Use as a context: after an error the file is gone."""

    def __init__(self, path: Path, encoding: str | None = None, largest: int = LARGEST) -> None:
        if encoding is not None and encoding not in ENCODINGS:
            raise unknown("encoding", f"{encoding!r} is not known. Do: use one of {', '.join(ENCODINGS)}.")
        self.path, self.encoding, self.byte_count = path, encoding, 0
        self._largest, self._head = largest, b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._ends = io.IncrementalNewlineDecoder(None, translate=True)  # of what is counted, not of what is written
        self._line, self._line_length = 1, 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> "Utf8File":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("wb")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._file is not None
        self._file.close()
        if error is not None:
            self.path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises UploadRefused, TooLarge."""
        self.byte_count += len(chunk)
        if self.byte_count > self._largest:
            raise TooLarge(f"the file is larger than {self._largest:,} bytes. Do: upload it in parts.")
        if self._decoder is None:
            self._head += chunk
            if len(self._head) < LONGEST_MAGIC:
                return
            chunk = self._begin()
        self._decode(chunk, final=False)

    def finish(self) -> None:
        """The file is complete. Raises UploadRefused where it is empty or ends within a character."""
        if not self.byte_count:
            raise UploadRefused("the file is empty. Do: upload a header and at least one row.")
        chunk = self._begin() if self._decoder is None else b""
        self._decode(chunk, final=True)
        assert self._file is not None
        self._file.flush()

    def _begin(self) -> bytes:
        """Choose how to decode, by the first bytes, and hand them on."""
        for magic, what in OTHER_FILES.items():
            if self._head.startswith(magic):
                raise UploadRefused(f"the file is {what}, not CSV. Do: save it as CSV, uncompressed.")
        if self._head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith((b"<!doct", b"<html", b"<?xml")):
            raise UploadRefused("the file is a web page or XML, not CSV. Do: save the table as CSV.")
        marked = next((name for mark, name in MARKS if self._head.startswith(mark)), None)
        codec = marked or ENCODINGS[self.encoding or "utf-8"]
        self.encoding = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "cp932": "shift-jis"}.get(codec, codec)
        self._decoder = codecs.getincrementaldecoder(codec)("strict")
        head, self._head = self._head, b""
        return head

    def _decode(self, chunk: bytes, final: bool) -> None:
        assert self._decoder is not None and self._file is not None
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(error.encoding, "replace")
            line = self._line + self._ends.decode(before, final=True).count("\n")
            at = self.byte_count - len(error.object) + error.start
            raise UploadRefused(
                f"line {line}, byte {at + 1} is not {self.encoding}. Do: save the file as UTF-8, or name its encoding.",
                (f"line {line}", f"byte {at + 1} is not {self.encoding}"),
            ) from None
        self._measure(self._ends.decode(text, final))
        self._file.write(text.encode())

    def _measure(self, text: str) -> None:
        """Count lines. Raises UploadRefused for a NUL and for a line without end."""
        if "\x00" in text:
            number = self._line + text[: text.index("\x00")].count("\n")
            place = f"line {number}"
            raise UploadRefused(f"{place} holds a NUL character: this is no text.", (place, "a NUL character"))
        lines = text.split("\n")
        for number, line in enumerate(lines):
            self._line_length = len(line) if number else self._line_length + len(line)
            if self._line_length > LONGEST_LINE:
                raise UploadRefused(
                    f"line {self._line + number} is longer than {LONGEST_LINE:,} characters.",
                    (f"line {self._line + number}", "is too long"),
                )
        self._line += len(lines) - 1

"""Files as people make them: read right, or refused with the place, in bounded memory; never half."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.uploads.kinds import UploadRefused
from pipelines.uploads.store import Intake, Options

PRICES = "symbol,day,close\n"


def read(home: Path, data: bytes, chunk: int = 7, **options: str):
    with Intake(home, Options(**options)) as intake:
        for start in range(0, len(data), chunk):
            intake.write(data[start : start + chunk])
        return intake.check("Europe/Berlin")


def test_a_file_says_by_itself_how_it_is_written(tmp_path: Path) -> None:
    text = (
        'KPI;Segment;Date;Value;Note\r\nrevenue;shop;31.01.2026;1.010,5;say "hi"\r\nrevenue;;1.2.2026;11;"a;b\r\nc"\r\n'
    )
    for encoded in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        found = read(tmp_path, encoded)
        assert (found.layout.kind.name, found.delimiter, found.row_count) == ("kpi_points", ";", 2)
        assert (found.reading.date_format, found.reading.decimal) == ("day.month.year", ",")
        first, second = found.preview
        assert (first["line"], first["metric"], first["entity"], first["value"]) == (2, "revenue", "shop", 1010.5)
        assert first["measured_at"].isoformat() == "2026-01-30T23:00:00+00:00"  # midnight in Berlin
        assert (second["entity"], second["metadata"]) == (None, '{"Note":"a;b\\r\\nc"}')


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "shift-jis"])
def test_another_encoding_is_read_when_it_is_named(tmp_path: Path, encoding: str) -> None:
    name = {"latin-1": "Zürich", "windows-1252": "€uro", "shift-jis": "東京"}[encoding]
    data = f"{PRICES}{name},2026-01-02,1\n".encode({"windows-1252": "cp1252"}.get(encoding, encoding))
    with pytest.raises(UploadRefused, match="line 2, byte"):
        read(tmp_path, data)
    assert read(tmp_path, data, encoding=encoding).preview[0]["symbol"] == name


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-02", "2026-01-01T23:00:00+00:00"),
        ("2026-01-02 10:30", "2026-01-02T09:30:00+00:00"),
        ("2026-01-02T10:30:00Z", "2026-01-02T10:30:00+00:00"),
        ("2026-01-02T10:30:00.250-05:00", "2026-01-02T15:30:00.250000+00:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),  # twice in Berlin: the first
    ],
)
def test_times_keep_their_instant(tmp_path: Path, written: str, instant: str) -> None:
    assert read(tmp_path, f"{PRICES}A,{written},1".encode()).preview[0]["priced_at"].isoformat() == instant


def test_dates_that_can_be_read_in_two_ways_must_be_told(tmp_path: Path) -> None:
    data = f"{PRICES}A,01/02/2026,1\n".encode()
    with pytest.raises(UploadRefused, match="by date_format"):
        read(tmp_path, data)
    assert read(tmp_path, data, date_format="month/day/year").preview[0]["priced_at"].month == 1
    assert read(tmp_path, data + b"A,13/02/2026,1\n").reading.date_format == "day/month/year"


@pytest.mark.parametrize(
    ("data", "where", "words"),
    [
        (b"", "", "empty"),
        (PRICES.encode(), "", "no rows"),
        (b"\n\n\n", "", "only blank lines"),
        (b"one cell", "line 1", "lacks columns"),
        (b"symbol,day,close\nA,2026-01-02", "line 2", "missing columns"),
        (b"symbol,day,close\nA,2026-01-02,1,2\n", "line 2", "too many columns"),
        (b'symbol,day,close\n"A,2026-01-02,1\nB,2026-01-02,2\n', "line 2", "quote"),
        (b"symbol,day,close\nA,2026-01-02,1\nB,2026-02-30,1\n", "line 3", "priced_at is no time"),
        (b"symbol,day,close\nA,46000,1\n", "line 2", "priced_at is no time"),
        (b"symbol,day,close\nA,26-01-02,1\n", "line 2", "priced_at is no time"),
        (b"symbol,day,close\nA,2026-03-29 02:30,1\n", "line 2", "priced_at is no time"),  # Berlin's clock leaves it out
        (b"symbol,day,close\n,2026-01-02,1\n", "line 2", "symbol is empty"),
        (b"symbol,day,close\nA,2026-01-02,=1+1\n", "line 2", "price is no number"),
        (b"symbol,day,close\nA,2026-01-02,NaN\n", "line 2", "price is no number"),
        (b"metric,day,value\nA,2026-01-02,1e999\n", "line 2", "value is no finite number"),
        (b"symbol,day,close,volume\nA,2026-01-02,1,1.5\n", "line 2", "volume is no whole number"),
        (b"symbol,day,close\nA,2026-01-02,1\x00\n", "line 2", "NUL"),
        (b"symbol,day,close,Close \nA,2026-01-02,1,1\n", "line 1", "twice"),
        (b"symbol,day,close,\nA,2026-01-02,1,1\n", "line 1", "is empty"),
        (b"symbol,day,close,tenant_id\nA,2026-01-02,1,1\n", "line 1", "reserved"),
        (b"symbol,day,close,__proto__\nA,2026-01-02,1,1\n", "line 1", "reserved"),
        (b"symbol,day,close," + b"x" * 64 + b"\nA,2026-01-02,1,1\n", "line 1", "longer than 63"),
        (b"symbol,day,close," + b",".join(b"c%d" % number for number in range(300)) + b"\n", "line 1", "too many"),
        (b"symbol,day,close," + b"y" * 200_000 + b"\nA,2026-01-02,1,1\n", "line 1", "cell is longer"),
        (b"symbol,day,close\nA,2026-01-02," + b"1" * 200_000 + b"\n", "line 2", "cell is longer"),
        (b'symbol,day,close\nA,2026-01-02,1\n"A"B,2026-01-02,1\n', "line 3", "quote"),
        (b'symbol,day,close\nA,2026-01-02, "1"\n', "line 2", "blank before its quote"),
        ("symbol,day,close\n\u200b,2026-01-02,1\n".encode(), "line 2", "symbol is blank"),
        ("symbol,day,close\n\u3164\u00a0,2026-01-02,1\n".encode(), "line 2", "symbol is blank"),
        (b"\x1f\x8b\x08\x00aaaa", "", "gzip"),
        (b"PK\x03\x04aaaa", "", "zip"),
        (b"<!DOCTYPE html><html>", "", "web page"),
        (b"\x7fELFaaaa", "", "program"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path: Path, data: bytes, where: str, words: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        read(tmp_path, data)

    told = [f"{place} {why}" for place, why in refused.value.faults]
    assert words in f"{refused.value} {told}".lower() or words in str(refused.value)
    assert not where or told[0].startswith(where), told
    assert list((tmp_path / "uploads").iterdir()) == []


def test_cells_are_kept_as_they_are(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "@SUM(A1)", "＝1+1", "/etc/passwd", "s3://bucket/x", "\t=1", "\r=1", "a\r\nb", "'A'"]
    data = (PRICES + "".join(f'"{name}",2026-01-0{day + 1},-1\n' for day, name in enumerate(names))).encode()
    assert [row["symbol"] for row in read(tmp_path, data).preview] == names


def test_ends_of_lines_are_as_they_come(tmp_path: Path) -> None:
    for data in (b"symbol,day,close\rA,2026-01-02,1\rB,2026-01-02,x\r",
                 b"symbol,day,close\r\nA,2026-01-02,1\rB,2026-01-02,x\n"):  # fmt: skip
        with pytest.raises(UploadRefused, match="line 3: price is no number"):
            read(tmp_path, data)


def test_quotes_may_be_marked_by_backslashes(tmp_path: Path) -> None:
    cells = ['"x \\"q\\" z"', '"C:\\dir"', '"C:\\\\"']
    data = "symbol,day,close\n" + "".join(f"{cell},2026-01-02,1\n" for cell in cells)
    assert [row["symbol"] for row in read(tmp_path, data.encode()).preview] == ['x "q" z', "C:\\dir", "C:\\"]


def test_a_fault_in_the_last_row_loads_nothing(tmp_path: Path) -> None:
    rows = b"".join(b"A,2026-01-02,%d\n" % number for number in range(120_000))
    with pytest.raises(UploadRefused) as refused:
        read(tmp_path, PRICES.encode() + rows + b"A,2026-02-30,1\n", chunk=1 << 16)
    assert refused.value.faults[0][0] == "line 120002"
    assert list((tmp_path / "uploads").iterdir()) == []


LARGE = """
import sys
from pathlib import Path
from pipelines.uploads.store import Intake, Options
from pipelines.uploads.kinds import UploadRefused
shape = sys.argv[2]
with Intake(Path(sys.argv[1]), Options()) as intake:
    try:
        intake.write(b"symbol,day,close\\n")
        for _ in range(10_000 if shape == "endless" else 60):
            intake.write(b"x" * 1_000_000 if shape == "line" else b"A,2026-01-02,1\\n" * 70_000)
        print(intake.check("UTC").row_count)
    except UploadRefused as error:
        print(error)
status = Path("/proc/self/status").read_text()  # ru_maxrss begins with what the process that started it had
print(status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        pytest.param("rows", "4200000", marks=pytest.mark.slow),
        ("line", "line 2 is longer"),
        ("endless", "is larger than"),
    ],
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, shape: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path), shape], capture_output=True, text=True, check=True, env=os.environ
    )
    *said, kilobytes = done.stdout.split()
    assert told in " ".join(said)
    assert int(kilobytes) < 700_000

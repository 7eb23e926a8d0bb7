"""Faults and rows are told by the line where their row starts, as an editor counts."""

from pathlib import Path

import pytest

from pipelines.uploads import sheet
from pipelines.uploads.kinds import UploadRefused
from tests.pipelines.uploads.test_files import read

NOTED = "symbol,day,close,note\n"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("symbol,day,close\n\nA,2026-01-02,1\n\n\nB,2026-01-02,x\n", ["line 6"]),
        ("\n\nsymbol,day,close\nA,2026-01-02,x\n", ["line 4"]),
        (NOTED + 'A,2026-01-02,1,"a\n\nb"\n\nB,2026-01-02,x,\n', ["line 6"]),
        (NOTED + 'A,2026-01-02,x,"a\r\rb"\r\rB,2026-01-02,x,\r', ["line 2", "line 6"]),
        ('symbol,day,close,"a\nnote"\nA,2026-01-02,x,\n', ["line 1"]),
        (NOTED + 'A,2026-01-02,1,"a\nb"\n\nB,2026\nC,2026-01-02,x,\n\n"D,1\n', ["line 5", "line 6", "line 8"]),
        ("\n\nsymbol,date\nA,2026-01-02\n", ["line 3"]),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_its_line(tmp_path: Path, text: str, places: list[str]) -> None:
    with pytest.raises(UploadRefused) as refused:
        read(tmp_path, text.encode())
    assert [place for place, _ in refused.value.faults] == places


def test_what_is_kept_has_the_same_number(tmp_path: Path) -> None:
    text = NOTED + '\nA,2026-01-02,1,"a\nb"\n\nB,2026-01-02,1,\n'
    assert [row["line"] for row in read(tmp_path, text.encode()).preview] == [3, 6]


def test_lines_go_on_from_one_batch_to_the_next(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sheet, "BATCH_CELLS", 40)  # ten rows of four columns
    text = NOTED + 'A,2026-01-02,1,"a\nb"\n\n' * 25 + "B,2026-01-02\n" + "C,2026-01-02,x,\n"
    with pytest.raises(UploadRefused) as refused:
        read(tmp_path, text.encode())
    assert [place for place, _ in refused.value.faults] == ["line 77", "line 78"]


@pytest.mark.parametrize("wrong", ["A,2026-01-02\n", "A,2026-01-02,x,\n"])
def test_no_more_than_twenty_faults_are_told(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UploadRefused, match="may be more") as refused:
        read(tmp_path, (NOTED + wrong * 100).encode())
    assert [place for place, _ in refused.value.faults] == [f"line {number}" for number in range(2, 22)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("ab\rcd\ne".encode("utf-16-le") + b"\x00\xd8\n\x00", "line 3, byte 17 "),
        (b"symbol\nab\xff", "line 2, byte 10 "),
        ("symbol\rü".encode() + b"\xc3", "line 2, byte 10 "),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_a_byte_that_is_no_text_has_its_line(tmp_path: Path, data: bytes, told: str, chunk: int) -> None:
    with pytest.raises(UploadRefused, match=told):
        read(tmp_path, (b"\xff\xfe" if b"\x00" in data else b"") + data, chunk)

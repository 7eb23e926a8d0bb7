"""How a file's numbers are written is found out from all of them, or asked for; none is read as another number."""

from pathlib import Path

import pytest

from pipelines.uploads.kinds import UploadRefused
from tests.pipelines.uploads.test_files import read


def priced(*prices: str) -> bytes:
    return (
        "symbol;day;close\n" + "".join(f"A;2026-01-{day + 1:02};{price}\n" for day, price in enumerate(prices))
    ).encode()


@pytest.mark.parametrize(
    ("prices", "decimal", "kept"),
    [
        (["1,234.56"], ".", ["1234.56"]),
        (["1.234,56", "7"], ",", ["1234.56", "7"]),
        (["1,234", "0.5"], ".", ["1234", "0.5"]),
        (["1.234", "2,5"], ",", ["1234", "2.5"]),
        (["1.234", "0.5"], ".", ["1.234", "0.5"]),
        (["1.234.567"], ",", ["1234567"]),
        (["10", "11"], ".", ["10", "11"]),
    ],
)
def test_one_reading_fits_all_numbers(tmp_path: Path, prices: list[str], decimal: str, kept: list[str]) -> None:
    found = read(tmp_path, priced(*prices))
    assert (found.reading.decimal, [row["price"] for row in found.preview]) == (decimal, kept)


@pytest.mark.parametrize(
    ("prices", "place"),
    [
        (["1.5", "2,5"], "line 3"),
        (["2,5", "2,5", "1.5"], "line 4"),
        (["1.5"] * 60_000 + ["2,5"], "line 60002"),
        (["1.2.3,4"], "line 2"),
    ],
)
def test_a_file_of_two_ways_is_refused(tmp_path: Path, prices: list[str], place: str) -> None:
    data = "symbol;day;close\n" + "".join(f"A;2026-01-02;{price}\n" for price in prices)
    with pytest.raises(UploadRefused, match=f"^{place}: price is no number"):
        read(tmp_path, data.encode(), chunk=1 << 16)


@pytest.mark.parametrize("price", ["1.234", "1,234"])
def test_what_two_readings_read_as_two_numbers_is_asked_for(tmp_path: Path, price: str) -> None:
    with pytest.raises(UploadRefused, match=f"line 4: price '{price}' can be read .* by decimal") as refused:
        read(tmp_path, priced("5", "6", price))
    assert [place for place, _ in refused.value.faults] == ["line 4"]
    as_point, as_comma = (read(tmp_path, priced(price), decimal=each).preview[0]["price"] for each in (".", ","))
    assert {as_point, as_comma} == {"1.234", "1234"}


def test_a_volume_counts_too(tmp_path: Path) -> None:
    header = "symbol;day;close;volume\n"
    with pytest.raises(UploadRefused, match=r"line 2: volume .* can be read"):
        read(tmp_path, f"{header}A;2026-01-02;10;1.000\n".encode())
    found = read(tmp_path, f"{header}A;2026-01-02;10,25;1.000\n".encode()).preview[0]
    assert (found["price"], found["volume"]) == ("10.25", "1000")

"""The other engine of the bench `full`: it must go on to understand what the models say."""

import pytest

from tests.benchmarks import bench_full


@pytest.mark.slow  # a whole refresh in each engine
def test_duckdb_makes_as_many_rows_of_each_mart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_full, "PULLS", 500)

    (differing,) = [line for line in bench_full.run() if "another number of rows" in line["figure"]]

    assert differing["value"] == 0 and differing["reference"] > 50

"""What a run's log must not be filled with, and what importing the packages must not load."""

import subprocess
import sys

import pytest

FIRST_FIT = """
import numpy as np
from datetime import date, timedelta
from pipelines.signals import prophet_model, series
days = [date(2026, 1, 1) + timedelta(days=day) for day in range(60)]
values = np.random.default_rng(1).poisson(9, 60).astype(float).tolist()
prophet_model.forecast(series.history(days, values, date(2026, 3, 2)))
"""
HEAVY = 'import sys, pipelines.delivery, pipelines.signals; print({"polars", "numpy", "spacy"} & set(sys.modules))'


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.slow
def test_the_first_prophet_of_a_process_says_nothing():
    done = run(FIRST_FIT)

    assert (done.stdout, done.stderr) == ("", "")


def test_importing_the_packages_imports_nothing_heavy():
    assert run(HEAVY).stdout.strip() == "set()"

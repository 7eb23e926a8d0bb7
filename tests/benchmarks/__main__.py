"""`python -m tests.benchmarks [--only NAME]`: every `bench_NAME.py` here, or one. Exit 1 where a goal is not met."""

import os
import sys
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

# One thread for linear algebra, set before NumPy is imported: figures are of one core.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def names() -> list[str]:
    """All benches, by name."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> int:
    """Run them one after the other, each printing its own lines: 0 where all goals are met, 2 for an unknown name."""
    parser = ArgumentParser(prog="make bench")
    parser.add_argument("name", nargs="?", help="the one bench to run")
    parser.add_argument("--only", dest="only", help="the same, as `make bench ONLY=name` passes it")
    given = parser.parse_args()
    only = given.only or given.name
    if only and only not in names():
        print(f"There is no bench {only!r}. There are: {', '.join(names())}.", file=sys.stderr)
        return 2
    lines = []
    for name in [only] if only else names():
        lines += import_module(f"tests.benchmarks.bench_{name}").run()
    missed = [f"{line['bench']}: {line['figure']}" for line in lines if not line["met"]]
    for each in missed:
        print(f"goal not met: {each}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Load, build, forecast and document, as a process of its own: what it imports is gone when it ends.

It prints one JSON object a line, which `make up` turns into progress:
{"phase", "state": begin | end | bad, "text"} · {"step": load | dbt | python, …} of the assets' own reports.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable

import dagster as dg

import dbt_project
from orchestration import runs
from orchestration.dbt import Dbt
from orchestration.docs import write_docs
from orchestration.fingerprint import changed_models
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse


class Teller(logging.Handler):
    """Passes on what assets report to the logger clearsignal.progress."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line of JSON for each record that carries progress."""
        if progress := getattr(record, "progress", None):
            tell(**progress)


def tell(**fields: object) -> None:
    """Print one object for the parent."""
    print(json.dumps(fields), file=sys.__stdout__, flush=True)


def is_filled(warehouse: Warehouse) -> bool:
    """Whether marts and forecasts were ever published; a fill that was killed half way is done again."""
    with warehouse.connect("transformer") as connection:
        row = connection.execute(
            "select (select count(*) from app.mart_version) > 0, (select count(*) from ml.forecasts) > 0"
        ).fetchone()
        has_tenants = connection.execute("select count(*) from app.tenant").fetchone()
    return bool(row and row[0] and row[1]) or not (has_tenants and has_tenants[0])


def main() -> int:
    """Do what this warehouse still needs. 0 where all that matters succeeded."""
    sys.stdout = sys.stderr  # libraries print; standard output is for the parent
    logger = logging.getLogger("clearsignal.progress")
    logger.setLevel(logging.INFO)
    logger.addHandler(Teller())
    logger.propagate = False
    try:
        return fill(Warehouse.from_environment())
    except Exception as error:
        traceback.print_exc()
        tell(
            phase="fill",
            state="bad",
            text=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        )
        return 1


def fill(warehouse: Warehouse) -> int:
    """The phases in their order."""
    tell(phase="models", state="begin")
    Dbt(warehouse).parse()
    manifest = Manifest.read(dbt_project.manifest_path(warehouse.home))
    tell(phase="models", state="end", text=f"{len(manifest.tables)} models, {len(manifest.tests)} tests")
    good, has_run = True, False
    with runs.opened(warehouse) as opened:
        if is_filled(warehouse):
            if changed := changed_models(warehouse, manifest):
                has_run = True
                good = _phase("update", lambda: opened.transform(full=True), f"rebuilt: {_some(changed)}")
        else:
            has_run = True
            _phase("load", lambda: opened.ingest(), "", must_succeed=False)  # a refused token is no reason to stop
            good = _phase("transform", opened.transform, "published")
            good = good and _phase("forecast", opened.forecast, "30 days ahead, published")
    if has_run or not (warehouse.home / "docs" / "index.html").exists():
        tell(phase="docs", state="begin")
        write_docs(warehouse)
        tell(phase="docs", state="end", text="definitions of every figure")
    return 0 if good else 1


def _phase(name: str, run: Callable[[], dg.ExecuteInProcessResult], text: str, must_succeed: bool = True) -> bool:
    tell(phase=name, state="begin")
    result = run()
    if result.success or not must_succeed:
        tell(phase=name, state="end", text=text)
        return True
    for reason in runs.errors(result)[:3]:
        tell(phase=name, state="bad", text=reason)
    return False


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


if __name__ == "__main__":
    sys.exit(main())

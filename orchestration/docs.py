"""The docs site: dbt's own as one page that asks nobody for anything, and a page of all figures."""

import re
from pathlib import Path

import dbt_project
from orchestration import metrics_page
from orchestration.dbt import Dbt
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

# dbt's page loads a tracker from a CDN when its flag is set; both the loader and its address go.
TRACKER = re.compile(r"https?:(?:\\?/){2}[\w.-]*(?:cloudfront\.net|snowplow)[^\s\"'`<>)]*", re.IGNORECASE)


def write_docs(warehouse: Warehouse) -> None:
    """Make index.html and metrics.html in $CLEARSIGNAL_HOME/docs, from the project and the database's catalogue."""
    Dbt(warehouse).document()
    page = (dbt_project.target_dir(warehouse.home) / "static_index.html").read_text()
    folder = warehouse.home / "docs"
    folder.mkdir(exist_ok=True)
    _replace(folder / "index.html", without_tracker(page))
    _replace(folder / "metrics.html", metrics_page.page(Manifest.read(dbt_project.manifest_path(warehouse.home))))


def _replace(path: Path, text: str) -> None:
    """Whoever reads it meanwhile sees the old page whole."""
    draft = path.with_suffix(".html.new")
    draft.write_text(text)
    draft.replace(path)


def without_tracker(page: str) -> str:
    """The page without any address of a tracker."""
    return TRACKER.sub("data:,", page)

"""dbt's docs site as one page that asks nobody for anything."""

import re

import dbt_project
from orchestration.dbt import Dbt
from pipelines.warehouse.connection import Warehouse

# dbt's page loads a tracker from a CDN when its flag is set; both the loader and its address go.
TRACKER = re.compile(r"https?:(?:\\?/){2}[\w.-]*(?:cloudfront\.net|snowplow)[^\s\"'`<>)]*", re.IGNORECASE)


def write_docs(warehouse: Warehouse) -> None:
    """Make $CLEARSIGNAL_HOME/docs/index.html from the project and the catalogue of the database."""
    Dbt(warehouse).document()
    page = (dbt_project.target_dir(warehouse.home) / "static_index.html").read_text()
    folder = warehouse.home / "docs"
    folder.mkdir(exist_ok=True)
    draft = folder / "index.html.new"
    draft.write_text(without_tracker(page))
    draft.replace(folder / "index.html")


def without_tracker(page: str) -> str:
    """The page without any address of a tracker."""
    return TRACKER.sub("data:,", page)

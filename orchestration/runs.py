"""Runs in this process, on the real Dagster instance, so that Dagster's pages show what a command did."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

import dbt_project
from orchestration import environment, partitions
from orchestration.builds import NEW_PACKAGES
from orchestration.dbt import Dbt
from orchestration.jobs import EVERYTHING
from orchestration.resources import keep_connected
from pipelines.raw_tables import TABLES
from pipelines.warehouse.connection import Warehouse


class NothingToLoad(Exception):
    """No tenant, or none of that name, is there to be loaded."""


@contextlib.contextmanager
def opened(warehouse: Warehouse) -> Iterator["Runs"]:
    """Dagster's instance and our definitions, for as long as a command needs them."""
    environment.enter(warehouse)
    if not _is_parsed(warehouse):
        Dbt(warehouse).parse()
    for name in ("dagster", "dlt", "cmdstanpy", "prophet"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from orchestration.definitions import clearsignal

    with dg.DagsterInstance.get() as instance:
        keep_connected(instance)
        definitions = clearsignal() if callable(clearsignal) else clearsignal
        yield Runs(warehouse, instance, definitions)


class Runs:
    """What can be run from here."""

    def __init__(self, warehouse: Warehouse, instance: dg.DagsterInstance, definitions: dg.Definitions):
        self.warehouse, self.instance, self.definitions = warehouse, instance, definitions

    def ingest(
        self,
        keys: Sequence[str] = (),
        sources: Sequence[str] = (),
        connection_id: str | None = None,
        full: bool = False,
        sweep: bool = False,
        now: str | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Load tenants (partition keys; default all) from sources (default all). Raises NothingToLoad."""
        partitions.keep_in_step(self.instance, self.warehouse)
        known = list(self.instance.get_dynamic_partitions("tenant"))
        if not known or any(key not in known for key in keys):
            raise NothingToLoad("there is no such tenant to load. Do: clearsignal tenant list.")
        chosen = sources or list(TABLES)
        options = {"tenants": list(keys), "connection_id": connection_id, "full": full, "sweep": sweep, "now": now}
        config = {"ops": {f"load_{source}": {"config": options} for source in chosen}}
        job = f"ingest_{chosen[0]}" if len(chosen) == 1 else EVERYTHING
        selection = [dg.AssetKey([f"raw_{s}", table]) for s in chosen for table in TABLES[s]]
        return self._run(job, config, partitions.range_tags(known, keys), selection)

    def has_new_rows(self) -> bool:
        """Whether a package was loaded that no build has seen."""
        with self.warehouse.connect("transformer") as connection:
            row = connection.execute(NEW_PACKAGES).fetchone()
        return bool(row and row[0])

    def transform(self, full: bool = False) -> dg.ExecuteInProcessResult:
        """New rows to published marts."""
        return self._run("transform", {"ops": {"dbt_before_python": {"config": {"full": full}}}})

    def forecast(self) -> dg.ExecuteInProcessResult:
        """Forecasts, anomalies and trends of all tenants, published."""
        return self._run("forecast")

    def forget_removed_tenants(self) -> None:
        """Partitions follow the tenants at once, not at the sensor's next look."""
        partitions.keep_in_step(self.instance, self.warehouse)

    def _run(
        self,
        job: str,
        config: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
        selection: Sequence[dg.AssetKey] | None = None,
    ) -> dg.ExecuteInProcessResult:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the run's page has its log
        return self.definitions.resolve_job_def(job).execute_in_process(
            run_config={**quiet, **(config or {})},
            instance=self.instance,
            tags=tags,
            asset_selection=selection,
            raise_on_error=False,
        )


def _is_parsed(warehouse: Warehouse) -> bool:
    """Whether dbt's manifest is younger than every file of the project: a new model is an asset at once."""
    manifest = dbt_project.manifest_path(warehouse.home)
    files = (path for path in dbt_project.PROJECT_DIR.rglob("*") if path.suffix in (".sql", ".yml", ".csv", ".md"))
    return manifest.exists() and manifest.stat().st_mtime > max(path.stat().st_mtime for path in files)


def errors(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why steps failed, one sentence each; what was only skipped for another's failure is left out."""
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            given = failure.user_failure_data
            text = given.description if given and given.description else _innermost(failure.error)
            found.append(f"{event.step_key}: {text}")
    return found


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip().splitlines()[0] if error else "no reason given"

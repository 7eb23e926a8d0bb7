"""dbt in this process: the project is parsed once, each step of a transform then costs what its models cost."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dbt_project
from pipelines.warehouse.connection import Warehouse

log = logging.getLogger("clearsignal.progress")
FINISHED = {"LogModelResult", "LogSeedResult", "LogTestResult"}
CHOSEN = "chosen_for_this_build"
Heard = Callable[[str, str], None]  # a node's unique id, and a statement


class DbtFailed(Exception):
    """dbt could not parse the project or build a model. The message names what and why."""


@dataclass(frozen=True)
class Outcome:
    """How one model, seed or test ended."""

    unique_id: str
    status: str  # success, pass, fail, warn, error, skipped
    seconds: float
    message: str
    failing_rows: int


class Dbt:
    """One parsed project and the connection of role transformer."""

    def __init__(self, warehouse: Warehouse):
        self.home = warehouse.home
        parts = warehouse.parts("transformer")
        names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
        # profiles.yml reads these; a password on dbt's command line would show in the process list
        os.environ.update({f"CLEARSIGNAL_DBT_{name}": parts[part] for name, part in names.items()})
        os.environ.setdefault("DO_NOT_TRACK", "1")
        self._manifest: Any = None
        self._compiled: dict[str, str] = {}

    @classmethod
    def of_run(cls, run_id: str, warehouse: Warehouse) -> "Dbt":
        """The one that this run's steps share: they run in one process, and parsing costs a second."""
        if run_id not in _OF_RUN:
            _OF_RUN.clear()
            _OF_RUN[run_id] = cls(warehouse)
        return _OF_RUN[run_id]

    def parse(self) -> Any:
        """dbt's own manifest object; only changed files are parsed again. Writes manifest.json."""
        if self._manifest is None:
            self._manifest = self._invoke(["parse"]).result
        return self._manifest

    def run(self, nodes: Iterable[dict[str, Any]], full: bool = False, heard: Heard | None = None) -> list[Outcome]:
        """Build models and seeds in their order, for the build that is open. A failed one skips what reads it.

        The caller judges. `heard` is told each statement that is sent for a model.
        """
        flags = ["--resource-type", "model", "--resource-type", "seed", *(["--full-refresh"] if full else [])]
        return self._build(nodes, flags, heard)

    def test(self, nodes: Iterable[dict[str, Any]]) -> list[Outcome]:
        """Run data tests; the rows that fail are kept in schema build_failures."""
        # A test asks for no relation but its own, so the schemas need not be read first.
        return self._build(nodes, ["--resource-type", "test", "--store-failures", "--no-populate-cache"])

    def compiled(self, tests: Iterable[dict[str, Any]]) -> dict[str, str]:
        """The SQL of data tests by unique id: it selects the rows that fail."""
        tests = list(tests)
        if new := [test for test in tests if test["unique_id"] not in self._compiled]:
            with self._chosen(new) as selection:
                arguments = ["compile", "--no-write-json", "--no-populate-cache", *selection]
                done = self._invoke(arguments, manifest=self.parse())
            self._compiled |= {result.node.unique_id: result.node.compiled_code for result in done.result.results}
        return {test["unique_id"]: self._compiled[test["unique_id"]] for test in tests}

    def document(self) -> None:
        """Write the docs site as one file, static_index.html, into the target folder."""
        self._invoke(["docs", "generate", "--static"], manifest=self.parse())

    def _build(self, nodes: Iterable[dict[str, Any]], flags: list[str], heard: Heard | None = None) -> list[Outcome]:
        if not (nodes := list(nodes)):
            return []
        arguments = ["build", "--no-write-json", *flags]  # only parsing need write manifest.json, 5 MB of it
        with self._chosen(nodes) as selection:
            done = self._invoke([*arguments, *selection], manifest=self.parse(), check=False, heard=heard)
        if done.result is None or len(done.result.results) < len(nodes):
            raise DbtFailed(f"dbt did not run all that was asked: {done.exception or f'{len(nodes)} nodes'}")
        return [_outcome(result) for result in done.result.results]

    @contextmanager
    def _chosen(self, nodes: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
        """Select exactly these, by a tag on the parsed nodes: dbt compares each name given with every node there is."""
        chosen = [self.parse().nodes[node["unique_id"]] for node in nodes]
        for node in chosen:
            node.tags.append(CHOSEN)
        try:
            yield ["--select", f"tag:{CHOSEN}", "--indirect-selection", "empty"]
        finally:
            for node in chosen:
                node.tags.remove(CHOSEN)

    def _invoke(
        self, arguments: list[str], manifest: Any = None, check: bool = True, heard: Heard | None = None
    ) -> Any:
        from dbt.cli.main import dbtRunner  # half a second: only runs that build pay for it

        target = dbt_project.target_dir(self.home)
        target.mkdir(parents=True, exist_ok=True)
        places = ["--project-dir", str(dbt_project.PROJECT_DIR), "--profiles-dir", str(dbt_project.PROJECT_DIR)]
        places += ["--target-path", str(target), "--log-path", str(self.home / "logs")]
        quiet = ["--log-level", "none", "--no-print", "--no-send-anonymous-usage-stats", "--no-use-colors"]
        callbacks = [_report, *([_statements_to(heard)] if heard else [])]
        done = dbtRunner(manifest=manifest, callbacks=callbacks).invoke([*quiet, *arguments, *places])
        if check and not done.success:
            raise DbtFailed(f"dbt {arguments[0]} failed: {done.exception}. Do: read {self.home / 'logs' / 'dbt.log'}.")
        return done


_OF_RUN: dict[str, Dbt] = {}


def _outcome(result: Any) -> Outcome:
    return Outcome(
        unique_id=result.node.unique_id,
        status=str(result.status),
        seconds=result.execution_time,
        message=(result.message or "").strip(),
        failing_rows=result.failures or 0,
    )


def stands(unique_id: str) -> Outcome:
    """A view or seed that was not made again."""
    tell(unique_id.rpartition(".")[2])
    return Outcome(unique_id, "success", 0.0, "stands as it was made", 0)


def _report(event: Any) -> None:
    """Pass each finished model and test on to whoever shows progress."""
    if event.info.name in FINISHED:
        tell(event.data.node_info.node_name)


def _statements_to(heard: Heard) -> Callable[[Any], None]:
    def hear(event: Any) -> None:
        if event.info.name == "SQLQuery" and event.data.node_info.unique_id:
            heard(event.data.node_info.unique_id, event.data.sql)

    return hear


def tell(done: str) -> None:
    """Say that a model, seed or test is done."""
    log.info("%s", done, extra={"progress": {"step": "dbt", "done": done}})

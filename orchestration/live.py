"""What webhooks told → published marts, in seconds: a build of a part, in the worker's process, no Dagster run."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from uuid import UUID

import dagster as dg

import dbt_project
from orchestration import audit, downstream, environment, fingerprint
from orchestration.assets.transform import why
from orchestration.builds import Build, Told
from orchestration.dbt import Dbt, DbtFailed, Outcome
from orchestration.downstream import Part
from orchestration.live_report import LiveReport
from orchestration.models import ATTRIBUTED, FIRST, Manifest
from orchestration.resources import keep_connected
from orchestration.statements import Statements
from pipelines import contracts, raw_schema
from pipelines.publish import publish
from pipelines.warehouse.connection import Warehouse

logger = logging.getLogger("clearsignal.webhooks")
CHECKS_AT_ONCE = 50  # half a second, for which a webhook may have to wait
# New packages, or those that a killed build of a part took.
WAITING = """
    select exists (select from app.load_package where build_id is null and tables is not null)
        or exists (select from app.build where status = 'partial' and finished_at is null)
"""


class Live:
    """Builds, tests and publishes what hangs on the raw tables that webhooks changed, and reports it to Dagster."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._project: tuple[Dbt, Manifest, Statements] | None = None
        self._checks: dict[dg.AssetCheckKey, dg.AssetCheckEvaluation] = {}  # not told to Dagster yet

    def refresh(self) -> bool:
        """Bring the marts up to date with what was told; False where there is more to do, or another build is at work.

        Some hundred checks take seconds to report, so that is done a part at a time while nobody waits for marts.

        What this may not do (code that changed, a whole build that failed) is left to the next transform, which the
        sensor on new packages starts. Raises DbtFailed where a model cannot be built; its packages stay new.
        """
        with self._warehouse.connect("transformer") as connection:
            is_waiting = connection.execute(WAITING).fetchone() == (True,)
        if not is_waiting:
            self._report_checks()
            return not self._checks
        build = Build(self._warehouse)
        if not build.open_partial():
            return False
        is_published = False
        try:
            held = build.held_by_whole()
            if held is None or not self._is_known_code():
                build.close("partial", "left to a whole build")
            elif told := build.claim_told():
                is_published = self._build(build, told, held)
            else:
                build.close("partial", "nothing that could be built in part")
        except BaseException:
            build.release()
            raise
        finally:
            build.abandon()
        if not is_published:  # what waits is left to a whole build: nobody waits for this one
            self._report_checks(len(self._checks))
        return not self._checks

    def _report_checks(self, count: int = CHECKS_AT_ONCE) -> None:
        for key in list(self._checks)[:count]:
            self._instance.report_runless_asset_event(self._checks.pop(key))

    def _is_known_code(self) -> bool:
        """Whether the tables were built by the code that is known here; else that is read anew the next time."""
        if fingerprint.changed_models(self._warehouse, self._parsed()[1]):
            self._project = None
        return self._project is not None

    def _parsed(self) -> tuple[Dbt, Manifest, Statements]:
        if self._project is None:
            dbt = Dbt(self._warehouse)
            dbt.parse()
            manifest = Manifest.read(dbt_project.manifest_path(self._warehouse.home))
            self._project = dbt, manifest, Statements(self._warehouse, dbt, manifest)
        return self._project

    def _build(self, build: Build, told: list[Told], held_before: set[UUID]) -> bool:
        dbt, manifest, statements = self._parsed()
        part, laps = _part(manifest, statements, told), Laps()
        outcomes = self._run(statements, part, laps)
        with laps.of("test"):
            results = audit.run_tests(dbt, part.tests, self._warehouse, build)
            held, reason = audit.held(self._warehouse, build)
        published = None
        if held is None:
            build.close("held", reason)
        else:
            with laps.of("publish"):
                known = contracts.read(dbt_project.manifest_path(self._warehouse.home))
                published = publish(self._warehouse, {name: known[name] for name in part.marts}, held | held_before)
                build.close("partial", reason or None, held)
        with laps.of("report"):
            report = LiveReport(self._instance, self._warehouse, manifest, part)
            report.tell(told, outcomes, published)
            self._checks |= {check.asset_check_key: check for check in report.checks(outcomes, results)}
        done = f"{len(part.marts)} marts" if published is not None else f"nothing published, {reason}"
        logger.info("%d packages, %s: %s", len(told), done, laps)
        return published is not None

    def _run(self, statements: Statements, part: Part, laps: "Laps") -> dict[str, Outcome]:
        with laps.of("models"):
            raw_schema.refresh_statistics(self._warehouse)
            outcomes = statements.run(part.steps[FIRST])
        _raise_for(outcomes)
        with laps.of("python"):
            if "commit_deployments" in part.python:
                from pipelines.delivery import walk  # polars: only builds that walk pay for it

                walk.first_deployments(self._warehouse)
            if "sentiments" in part.python:
                from pipelines.signals import scores  # spaCy

                scores.score_texts(self._warehouse)
            if "issue_mentions" in part.python:
                from pipelines.signals import mention_scans  # spaCy

                mention_scans.find_mentions(self._warehouse)
        with laps.of("models"):
            outcomes += statements.run(part.steps[ATTRIBUTED])
        _raise_for(outcomes)
        return {outcome.unique_id: outcome for outcome in outcomes}

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        environment.enter(self._warehouse)
        instance = dg.DagsterInstance.get()
        keep_connected(instance)
        return instance


class Laps:
    """How long each part took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - began

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())


def _part(manifest: Manifest, statements: Statements, told: list[Told]) -> Part:
    """What hangs on the tables that were told; where that is new here, on all of their sources, so that it is known."""
    raw = {dg.AssetKey([f"raw_{one.source}", table]) for one in told for table in one.tables}
    part = downstream.part(manifest, raw)
    if statements.knows(part.nodes):
        return part
    return downstream.part(manifest, manifest.raw_tables({f"raw_{one.source}" for one in told}))


def _raise_for(outcomes: list[Outcome]) -> None:
    if broken := [outcome for outcome in outcomes if outcome.status == "error"]:
        raise DbtFailed(why(broken))

"""dbt's tests between build and publish: what failed, and whose rows it was."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from orchestration import models
from orchestration.builds import Build
from orchestration.dbt import Dbt, Outcome, tell
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

FAILED = ("fail", "error")


def run(dbt: Dbt, manifest: Manifest, step: int, warehouse: Warehouse, build: Build) -> list[Outcome]:
    """Test what one step built and note failures in the build, where publish looks for them."""
    outcomes = run_tests(dbt, manifest.tests_of_step(step), warehouse, build)
    build.audited.add(step)
    return outcomes


def run_tests(dbt: Dbt, tests: Mapping[str, dict[str, Any]], warehouse: Warehouse, build: Build) -> list[Outcome]:
    """Run these tests (by unique id) and note failures in the build.

    A glance at a test's SQL takes a few milliseconds, dbt forty: what finds something is dbt's to judge, which also
    keeps the rows.
    """
    seconds = _glances(warehouse, dbt.compiled(tests.values()))
    clean = {unique_id: taken for unique_id, taken in seconds.items() if taken is not None}
    _forget_failures(warehouse, [tests[unique_id] for unique_id in clean])
    outcomes = dbt.test((test for unique_id, test in tests.items() if unique_id not in clean))
    for outcome in outcomes:
        if outcome.status in FAILED:
            build.failures[tests[outcome.unique_id]["name"]] = _tenants(warehouse, tests[outcome.unique_id], outcome)
    return [Outcome(unique_id, "pass", taken, "", 0) for unique_id, taken in clean.items()] + outcomes


def _glances(warehouse: Warehouse, compiled: Mapping[str, str]) -> dict[str, float | None]:
    """The seconds that each test (SQL by unique id) took to find no row; None where it finds one, or breaks."""

    def of_half(half: list[str]) -> dict[str, float | None]:
        taken: dict[str, float | None] = {}
        with warehouse.connect("transformer", autocommit=True) as connection:
            for unique_id in half:
                began = time.monotonic()
                try:
                    # not exists(): that is planned for a first row, and there is none
                    query = f"select count(*) = 0 from ({compiled[unique_id]}) as failing"
                    is_clean = connection.execute(query).fetchone() == (True,)
                except psycopg.Error:
                    is_clean = False
                taken[unique_id] = time.monotonic() - began if is_clean else None
                if is_clean:
                    tell(unique_id.split(".")[2])
        return taken

    ids = list(compiled)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(of_half, (ids[::2], ids[1::2]))
    return first | second


def _forget_failures(warehouse: Warehouse, clean: list[dict[str, Any]]) -> None:
    """Rows that failed these tests at an earlier build stand for nothing any more."""
    with warehouse.connect("transformer") as connection:
        kept = connection.execute(
            "select tablename from pg_tables where schemaname = 'build_failures' and tablename = any(%s)",
            [[test["alias"] for test in clean]],
        )
        for (table,) in kept.fetchall():
            connection.execute(sql.SQL("drop table build_failures.{}").format(sql.Identifier(table)))


def held(warehouse: Warehouse, build: Build) -> tuple[set[UUID] | None, str]:
    """The tenants whose rows failed a test, None where a test cannot say whose, and the reason in words."""
    if not build.failures:
        return set(), ""
    tenants: set[str] = set().union(*(found for found in build.failures.values() if found))
    with warehouse.connect("transformer") as connection:
        rows = connection.execute("select slug from app.tenant where tenant_id = any (%s::uuid[])", [list(tenants)])
        names = ", ".join(sorted(row[0] for row in rows.fetchall()))
    why = f"failed tests: {', '.join(sorted(build.failures))}" + (f" (rows of {names})" if names else "")
    if any(found is None for found in build.failures.values()):
        return None, why
    return {UUID(tenant) for tenant in tenants}, why


def complete(dbt: Dbt, manifest: Manifest, warehouse: Warehouse, build: Build) -> None:
    """Run the tests of every step this run has not tested, so that nothing is published unseen.

    What an earlier build tested and published, and this one did not build again, needs no second look.
    """
    if build.is_all_audited() and not build.built - build.audited:
        return
    for step in (models.FIRST, models.ATTRIBUTED, models.FORECAST):
        if step not in build.audited:
            run(dbt, manifest, step, warehouse, build)


def _tenants(warehouse: Warehouse, test: Mapping[str, Any], outcome: Outcome) -> set[str] | None:
    """The tenants of the failing rows; None where the test cannot say, which holds everybody."""
    relation = test.get("relation_name")
    if outcome.status != "fail" or not relation:
        return None
    with warehouse.connect("transformer") as connection:
        try:
            rows = connection.execute(f"select distinct tenant_id::text from {relation}").fetchall()  # dbt quoted it
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable):
            return None
    tenants = {row[0] for row in rows}
    return None if None in tenants or not tenants else tenants

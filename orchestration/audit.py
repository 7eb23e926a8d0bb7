"""dbt's tests between build and publish: what failed, and whose rows it was."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg

from orchestration import models
from orchestration.builds import Build
from orchestration.dbt import Dbt, Outcome
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

FAILED = ("fail", "error")


def run(dbt: Dbt, manifest: Manifest, step: int, warehouse: Warehouse, build: Build) -> list[Outcome]:
    """Test what one step built and note failures in the build, where publish looks for them."""
    outcomes = run_tests(dbt, manifest.tests_of_step(step), warehouse, build)
    build.audited.add(step)
    return outcomes


def run_tests(dbt: Dbt, tests: Mapping[str, dict[str, Any]], warehouse: Warehouse, build: Build) -> list[Outcome]:
    """Run these tests (by unique id) and note failures in the build."""
    outcomes = dbt.test(tests.values(), build.open())
    for outcome in outcomes:
        if outcome.status in FAILED:
            build.failures[tests[outcome.unique_id]["name"]] = _tenants(warehouse, tests[outcome.unique_id], outcome)
    return outcomes


def suspects(warehouse: Warehouse, compiled: Mapping[str, str]) -> set[str]:
    """Which of these tests (SQL by unique id) find a row, or break: a few milliseconds each, where dbt takes thirty."""

    def of_half(half: list[str]) -> set[str]:
        found = set()
        with warehouse.connect("transformer", autocommit=True) as connection:
            for unique_id in half:
                try:
                    row = connection.execute(
                        f"select exists (select from ({compiled[unique_id]}) as failing)"
                    ).fetchone()
                except psycopg.Error:
                    row = (True,)
                if row != (False,):
                    found.add(unique_id)
        return found

    ids = list(compiled)
    with ThreadPoolExecutor(2) as pool:
        return set().union(*pool.map(of_half, (ids[::2], ids[1::2])))


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

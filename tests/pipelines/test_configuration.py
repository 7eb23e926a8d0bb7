"""Configuration as plain Python: who changes it at the same time, and the words that it shares with the models."""

import os
import subprocess
import sys
import threading
from typing import get_args

import pytest

import dbt_project
from pipelines import tenants
from pipelines.configuration import stored
from pipelines.configuration.kinds import KINDS
from pipelines.configuration.rows import Metric, Risk
from pipelines.connection_changes import Author, Changed
from pipelines.warehouse.connection import Warehouse

REFUSALS = """
from pipelines.configuration.kinds import KINDS, InvalidConfiguration
from pipelines.connections import KINDS as SOURCES, InvalidConnection, parse
for kind in KINDS.values():
    for given in ({}, {"nothing": 1}):
        try:
            kind.parse([given])
        except InvalidConfiguration:
            pass
for source in SOURCES:
    try:
        parse({"source": source.__name__.lower()})
    except InvalidConnection:
        pass
print("all refused")
"""


def test_a_process_that_refused_every_kind_ends_in_peace():
    """With Python's checks of memory: some types are freed wrongly by msgspec, which only shows at the end."""
    done = subprocess.run(
        [sys.executable, "-c", REFUSALS], env={**os.environ, "PYTHONMALLOC": "debug"}, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "all refused\n"), done.stderr[-500:]


def test_of_two_who_read_the_same_version_the_second_is_refused(warehouse: Warehouse):
    author, kind = Author(tenants.create(warehouse, "acme", "Acme").tenant_id), KINDS["objectives"]
    refused: list[Exception] = []

    def put_late() -> None:
        with warehouse.connect_as_tenant(author.tenant_id) as database:
            try:
                stored.put(database, author, kind, [{"objective": "theirs"}], "at the same time", expected=0)
            except Changed as error:
                refused.append(error)

    late = threading.Thread(target=put_late)
    with warehouse.connect_as_tenant(author.tenant_id) as database:
        stored.put(database, author, kind, [{"objective": "ours"}], "first", expected=0)
        late.start()
        late.join(0.5)
        assert late.is_alive()  # it waits for us
    late.join(10)

    assert [str(error) for error in refused] == ["objectives are at version 1, not 0."]
    with warehouse.connect_as_tenant(author.tenant_id) as database:
        assert [row["objective"] for row in stored.shown(database, author.tenant_id, kind).rows] == ["ours"]


def test_a_version_that_fits_no_more_is_not_restored(warehouse: Warehouse):
    author, kind = Author(tenants.create(warehouse, "acme", "Acme").tenant_id), KINDS["objective_rules"]
    rule = {"objective": "grow", "field": "label", "pattern": "growth"}
    with warehouse.connect_as_tenant(author.tenant_id) as database:
        stored.put(database, author, KINDS["objectives"], [{"objective": "grow"}], "to begin with")
        stored.put(database, author, kind, [rule], "by label")
        stored.put(database, author, kind, [], "no more")
        stored.put(database, author, KINDS["objectives"], [], "given up")
        with pytest.raises(stored.InvalidConfiguration, match="there is no 'grow' among the objectives"):
            stored.restore(database, author, kind, 1, "after all")


def test_a_target_can_be_set_for_every_executive_figure():
    assert set(get_args(Metric)) == {row["metric"] for row in dbt_project.seed("kpi_definitions")}


def test_every_rule_of_risks_can_be_configured():
    assert set(get_args(Risk)) == {row["rule"] for row in dbt_project.seed("risk_rules")}

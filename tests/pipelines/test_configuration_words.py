"""The words that a configuration may use are those that the models know."""

from typing import get_args

import dbt_project
from pipelines.configuration.rows import Metric, Risk


def test_a_target_can_be_set_for_every_executive_figure():
    assert set(get_args(Metric)) == {row["metric"] for row in dbt_project.seed("kpi_definitions")}


def test_every_rule_of_risks_can_be_configured():
    assert set(get_args(Risk)) == {row["rule"] for row in dbt_project.seed("risk_rules")}

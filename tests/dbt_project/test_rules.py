"""The unit tests that stand in the models' YAML: given rows, expected rows."""

import pytest

from tests.dbt_project.project import Project

# The models that each hold a rule of ../shared/metrics.md, by what the rule is about.
RULES = {
    "what is a deployment": (
        "int_deployments__github", "int_deployments__run_attempts", "int_deployments__candidates",
        "int_deployments__classified", "int_deployments__ordered",
    ),
    "which change is in which deployment": (
        "int_changes__picked", "int_changes__pull_requests", "int_changes__commits", "int_changes__services",
    ),
    "change failures": (
        "int_deployments__failure_evidence", "int_deployments__reverted", "int_incidents__links",
        "int_incidents__newest_deployments", "int_incidents__mapped",
    ),
    "recovery and rework": ("int_deployments__recoveries", "int_deployments__repairs"),
    "the metrics, and by other tools' definitions": (
        "dora_periods", "dora_definitions", "int_definitions__devlake", "int_definitions__fourkeys",
        "int_definitions__gitlab",
    ),
    "the phases of a pull request": (
        "int_pull_requests__timestamps", "int_pull_requests__reviews", "int_pull_requests__phases",
        "int_pull_requests__merge_methods",
    ),
    "sprints and throughput": (
        "int_sprints__fields", "int_sprints__memberships", "int_sprints__points", "int_sprints__stays",
        "sprint_velocity", "int_throughput__work_items", "throughput_weekly",
    ),
    "severity, priority and duplicates": (
        "int_severity__classified", "int_severity__named", "issue_priority", "int_issues__links", "int_issues__named",
    ),
    "open, done and delivered": (
        "int_issues__intervals_replayed", "int_issues__statuses_replayed", "int_issues__recalculated",
    ),
}  # fmt: skip


def test_every_rule_gives_the_rows_that_its_yaml_expects(project: Project):
    rules = project.manifest.unit_tests.values()
    models = " ".join(f"+{rule.model}" for rule in rules)
    project.open()
    project.run(models)  # dbt reads the columns of the inputs from the database

    done = project.dbt("test", "--select", "test_type:unit", manifest=project.manifest)

    assert {result.node.name for result in done.result.results} == {rule.name for rule in rules} != set()


@pytest.mark.parametrize("about", RULES)
def test_every_model_that_holds_a_rule_has_a_unit_test(project: Project, about: str):
    tested = {rule.model for rule in project.manifest.unit_tests.values()}

    assert set(RULES[about]) - tested == set()

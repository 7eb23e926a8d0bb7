"""The unit tests that stand in the models' YAML: given rows, expected rows."""

from tests.dbt_project.project import Project


def test_every_rule_gives_the_rows_that_its_yaml_expects(project: Project):
    rules = project.manifest.unit_tests.values()
    models = " ".join(f"+{rule.model}" for rule in rules)
    project.open()
    project.run(models)  # dbt reads the columns of the inputs from the database

    done = project.dbt("test", "--select", "test_type:unit", manifest=project.manifest)

    assert {result.node.name for result in done.result.results} == {rule.name for rule in rules} != set()

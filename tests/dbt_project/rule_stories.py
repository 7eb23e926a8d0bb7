"""Companies whose rules say what is a deployment, for test_delivery.py."""

from collections.abc import Callable

from tests.dbt_project.company import Company, at, sha


def chosen_runs(shop: Company) -> None:
    """Workflows that deploy, by a list of names; one of these deploys nothing but words."""
    with shop.project.warehouse.connect("loader") as database:
        for rule in ((1, ["deploy-docs"], False), (2, ["deploy-*", "ship-*"], True)):
            database.execute(
                "insert into app.deployment_rule (tenant_id, position, origin, pattern, is_deployment)"
                " values (%s, %s, 'workflow_runs', %s, %s)",
                [shop.tenant_id, *rule],
            )
    shop.commit("a", 0)
    for number, name in enumerate(("deploy-web", "deploy-docs", "ship-api", "tests", "deploy-docs"), 1):
        shop.add(
            "workflow_runs", id=number, name=name, head_branch="main", head_sha=sha("a"), event="push",
            conclusion="success", created_at=at(number), run_started_at=at(number), updated_at=at(number),
        )  # fmt: skip
    shop.sync(8)


STORIES: dict[str, Callable[[Company], None]] = {"chosen_runs": chosen_runs}

"""What sources tell that cannot be so, and what the delivery marts make of it: stories for test_delivery.py."""

from collections.abc import Callable
from typing import Any

from tests.dbt_project.company import Company, at, sha

MANY = 10_000
PARTS = ("coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run", "total")


def many_of_one_sha(shop: Company) -> None:
    """Ten thousand deployments of one sha, one a minute: a pipeline that runs on a timer."""
    shop.commit("a", 0)
    shop.commit("b", 2, ("a",))
    shop.deploy("a", 1, 1)
    row = shop.deploy("b", 3, 3)
    shop.sync(MANY / 60 + 4)
    copy = {"tenant": str(shop.tenant_id), "id": row["id"], "many": MANY}
    with shop.project.warehouse.connect("loader") as database:
        for table, its_id in (("deployments", "id"), ("deployment_statuses", "deployment_id")):
            database.execute(COPIES.format(table=table, its_id=its_id), copy)


COPIES = """
insert into raw_github.{table}
select (jsonb_populate_record(each, jsonb_build_object(
    'id', -(each.id * %(many)s + number), '{its_id}', -(each.{its_id} * %(many)s + number),
    'created_at', each.created_at + number * interval '1 minute'))).*
from raw_github.{table} as each cross join generate_series(1, %(many)s - 1) as number
where each.tenant_id = %(tenant)s and each.{its_id} = %(id)s
"""


def circle(shop: Company) -> None:
    """Commits that are each other's parents, and one whose parent nobody has."""
    shop.commit("a", 0, ("c",))
    shop.commit("b", 2, ("a",))
    shop.commit("c", 3, ("b",))
    shop.commit("d", 3, ("never seen",))
    shop.deploy("a", 1, 1)
    shop.deploy("d", 4, 4)
    shop.deploy("never seen", 5, 5)
    shop.sync(8)


def skewed(shop: Company) -> None:
    """Clocks that disagree: merged before it was opened, reviewed before that, deployed before it was written."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.pull_request(1, opened=6, commits={"one": 20}, merged=5, merge_sha="b")
    shop.review(1, 4)
    shop.commit("b", 20, ("a",))
    shop.deploy("b", 8, 7)  # it ended before it began
    shop.incident(2, opened=9, closed=7)
    shop.sync(30)


def forced(shop: Company) -> None:
    """The deployed commit was on a branch that was forced away: nobody knows it any more."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    lost = shop.commit("lost", 2, ("a",))
    shop.deploy("lost", 3, 3)
    shop.gone("commits", lost, 4)
    shop.commit("again", 4, ("a",))
    shop.deploy("again", 5, 5)
    shop.sync(8)


def early(shop: Company) -> None:
    """An incident that was over a day before anything was deployed."""
    shop.incident(1, opened=0, closed=1)
    shop.commit("a", 0)
    shop.deploy("a", 30, 30)
    shop.sync(50)


def odd_patterns(shop: Company) -> None:
    """Rules with signs that mean something to LIKE and to regular expressions: here they are letters."""
    with shop.project.warehouse.connect("loader") as database:
        for position, pattern in enumerate(("[", "100%", "_", "a\\", "(prod|live)+", "")):
            database.execute(
                "insert into app.environment_rule (tenant_id, position, pattern, environment_class)"
                " values (%s, %s, %s, 'staging')",
                [shop.tenant_id, position, pattern],
            )
    shop.commit("a", 0)
    for hours, environment in enumerate(("100%", "100 or so", "x", "a\\", "production"), 1):
        shop.deploy("a", hours, hours, environment=environment)
    shop.sync(8)


STORIES: dict[str, Callable[[Company], None]] = {
    tell.__name__: tell for tell in (many_of_one_sha, circle, skewed, forced, early, odd_patterns)
}
CUT = {f"{part}_seconds": None for part in PARTS} | {"deploy_wait_seconds": 7200.0, "deploy_run_seconds": 0.0}


def delivered(name: str, hours: float, method: str, is_baseline: bool = False) -> dict[str, Any]:
    return {
        "sha": sha(name), "deployed_at": at(hours), "attribution_method": method, "is_baseline": is_baseline,
    }  # fmt: skip


EXPECTED: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("many_of_one_sha", "change_deployments", [delivered("a", 1, "baseline", True), delivered("b", 3, "commit")]),
    ("circle", "change_deployments", [
        *(delivered(name, 1, "baseline", True) for name in "abc"), delivered("d", 4, "commit"),
    ]),
    ("skewed", "pull_requests", [CUT | {"is_first_commit_after_opening": True}]),
    ("skewed", "change_deployments", [
        {"sha": sha("a"), "lead_time_seconds": None, "is_baseline": True},
        {"sha": sha("b"), "lead_time_seconds": None, "is_baseline": False},
    ]),
    ("forced", "deployments", [
        {"sha": sha("a"), "change_count": 0}, {"sha": sha("lost"), "change_count": 0},
        {"sha": sha("again"), "change_count": 1},
    ]),
    ("odd_patterns", "deployments", [
        {"environment": "100%", "environment_class": "staging"},
        {"environment": "100 or so", "environment_class": "development"},
        {"environment": "x", "environment_class": "development"},
        {"environment": "a\\", "environment_class": "staging"},
        {"environment": "production", "environment_class": "production"},
    ]),
]  # fmt: skip

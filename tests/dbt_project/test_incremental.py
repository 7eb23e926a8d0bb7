"""An incremental build gives the rows of a full refresh, and says which keys it changed."""

from tests.dbt_project.company import at
from tests.dbt_project.project import DELIVERY

HOUR = 3600.0


def test_incremental_builds_equal_a_full_refresh_whatever_moved(project, company):
    shop, other, quiet = company(), company("America/New_York"), company()
    for each in (shop, other, quiet):
        each.commit("a", 0)
        each.deploy("a", 1, 1)
        each.commit("b", 30, ("a",))
    failed = shop.deploy("b", 31, 31)
    other.deploy("b", 31, 32, state="failure")
    pull = shop.pull_request(1, opened=2, commits={"work": 1}, merged=3, merge_sha="b")
    incident = shop.incident(5, opened=32)
    for each in (shop, other, quiet):
        each.sync(40)
    project.build()
    for mart in DELIVERY:
        project.changed(mart)
    before = {mart: project.rows(mart, quiet.tenant_id) for mart in DELIVERY}

    # A deployment vanishes, an incident ends, a late deployment falls between two others, another tenant's day ends.
    shop.gone("deployments", failed, 50)
    shop.add("issues", **{**incident, "state": "closed", "closed_at": at(45), "updated_at": at(45)})
    shop.add("pull_requests", **{**pull, "labels": [{"name": "hotfix"}]})
    shop.deploy("b", 20, 20)
    shop.deploy("a", 50, 50)
    shop.sync(55)
    other.sync(60)
    project.build()

    incremental = project.checksums()
    changed = {mart: project.changed(mart) for mart in DELIVERY}
    assert {mart: project.rows(mart, quiet.tenant_id) for mart in DELIVERY} == before
    project.build(full=True)
    assert incremental == project.checksums()

    assert len(changed["deployments"]) == len(set(changed["deployments"]))
    touched = {key[1] for key in changed["deployments"]}
    present = {row["deployment_id"] for row in shop.rows("deployments")}
    assert len(touched - present) == 1  # the one that vanished
    assert quiet.tenant_id not in {key[0] for keys in changed.values() for key in keys}


def test_a_build_without_news_changes_nothing(project, company):
    shop = company()
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.sync(5)
    project.build()
    for mart in DELIVERY:
        project.changed(mart)

    project.build()

    assert [project.changed(mart) for mart in DELIVERY] == [[]] * len(DELIVERY)


def test_the_packages_of_a_failed_build_are_seen_by_the_next_one(project, company):
    shop = company()
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.sync(5)
    project.build()
    shop.deploy("a", 6, 6)
    shop.sync(8)
    project.close(project.open(), status="failed")

    project.build()

    assert len(shop.rows("deployments")) == 2


def test_a_change_of_the_rules_moves_the_whole_tenant(project, company):
    shop = company()
    shop.commit("a", 0)
    shop.deploy("a", 1, 1, environment="blue")
    shop.sync(5)
    project.build()
    assert [row["environment_class"] for row in shop.rows("deployments")] == ["development"]

    with project.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.environment_rule (tenant_id, position, pattern, environment_class)"
            " values (%s, 1, 'blue', 'production')",
            [shop.tenant_id],
        )
    shop.sync(6)
    project.build()

    assert [row["environment_class"] for row in shop.rows("deployments")] == ["production"]
    assert {row["environment_class"] for row in shop.rows("dora_daily")} == {"production"}


def test_a_new_time_zone_moves_days_without_any_new_row(project, company):
    shop = company()
    shop.commit("a", 0)
    shop.deploy("a", 15.5, 15.5)  # 23:30 UTC
    shop.sync(20)
    project.build()
    assert shop.rows("dora_daily", order="day")[0]["day"].day == 2

    with project.warehouse.connect("loader") as database:
        database.execute("update app.tenant set time_zone = 'Asia/Tokyo' where tenant_id = %s", [shop.tenant_id])
    project.build()

    assert shop.rows("dora_daily", order="day")[0]["day"].day == 3

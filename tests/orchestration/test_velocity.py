"""The assets of velocity: rows of their own tenants alone, and checks that say whether they are any good."""

import dagster as dg

from orchestration.assets import velocity
from pipelines import tenants
from tests.pipelines.signals import test_velocity_stores as stores


def materialize(warehouse, keys):
    config = {"config": {"tenants": keys}}
    ops = {"ml__delivery_forecasts": config, "ml__story_point_estimates": config}
    return dg.materialize(velocity.ASSETS, resources={"warehouse": warehouse}, run_config={"ops": ops})


def test_only_the_chosen_tenants_are_forecast_and_estimated_and_the_assets_are_checked(warehouse):
    stores.execute(warehouse, stores.INPUTS)
    acme, globex = (tenants.create(warehouse, slug, slug, "UTC") for slug in ("acme", "globex"))
    for tenant in (acme, globex):
        day = "insert into intermediate.int_issues__scoring_days values (%s, 'jira', %s)"
        stores.execute(warehouse, day, tenant.tenant_id, stores.TODAY)
        stores.add_weeks(warehouse, tenant.tenant_id, [0, 9, 2, 5, 0, 7, 3, 1, 4, 4, 6, 2])
        stores.add_scope(warehouse, tenant.tenant_id, "backlog", 40)
        stores.add_issues(warehouse, tenant.tenant_id, 5.0, 25)
        stores.add_issues(warehouse, tenant.tenant_id, None, 1)

    done = materialize(warehouse, [acme.partition_key])

    assert done.success
    for table in ("delivery_forecasts", "throughput_forecasts", "story_point_estimates"):
        assert stores.execute(warehouse, f"select distinct tenant_id from ml.{table}") == [(acme.tenant_id,)]
    checks = {check.check_name: check.passed for check in done.get_asset_check_evaluations()}
    assert checks == {"promises_are_kept": True, "better_than_the_median": True}

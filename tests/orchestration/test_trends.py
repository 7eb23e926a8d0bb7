"""The asset of trends: rows of the chosen tenants alone, which way their series go, and its check."""

from datetime import timedelta

import dagster as dg

from orchestration.assets import trends
from pipelines import tenants
from tests.pipelines.signals import test_stores as stores


def materialize(warehouse, keys):
    ops = {"ml__kpi_trends": {"config": {"tenants": keys}}}
    return dg.materialize(trends.ASSETS, resources={"warehouse": warehouse}, run_config={"ops": ops})


def test_only_the_chosen_tenants_series_get_trends_and_the_asset_is_checked(warehouse):
    stores.execute(warehouse, stores.INPUTS)
    acme, globex = (tenants.create(warehouse, slug, slug, "UTC") for slug in ("acme", "globex"))
    for tenant in (acme, globex):
        stores.add_series(warehouse, tenant.tenant_id, "open_issues", [100 + 2.0 * day for day in range(60)])

    done = materialize(warehouse, [acme.partition_key])

    assert stores.execute(warehouse, "select distinct tenant_id from ml.kpi_trends") == [(acme.tenant_id,)]
    (event,) = done.asset_materializations_for_node("ml__kpi_trends")
    shown = {name: value.value for name, value in event.metadata.items()}
    expected = {"series": 1, "computed": 1, "refused": 1, "written": 3, "windows up": 2, "windows refused": 1}
    assert expected.items() <= shown.items()
    assert [check.passed for check in done.get_asset_check_evaluations()] == [True]


def test_the_check_names_series_that_have_none(warehouse, monkeypatch):
    stores.execute(warehouse, stores.INPUTS)
    acme = tenants.create(warehouse, "acme", "acme", "UTC")
    stores.add_series(warehouse, acme.tenant_id, "open_issues", [1.0, 2, 3])
    from pipelines.signals import kpi_trends

    monkeypatch.setattr(kpi_trends, "find_trends", lambda *_: {})

    (check,) = materialize(warehouse, []).get_asset_check_evaluations()

    assert (check.passed, check.metadata["series without"].value) == (False, 1)


def test_a_second_run_of_the_same_day_computes_nothing(warehouse):
    stores.execute(warehouse, stores.INPUTS)
    acme = tenants.create(warehouse, "acme", "acme", "UTC")
    stores.add_series(warehouse, acme.tenant_id, "open_issues", stores.counts(1))
    evening = stores.FIRST + timedelta(days=40)
    stores.execute(
        warehouse, "insert into intermediate.int_tenants__as_of values (%s, 'jira', %s)", acme.tenant_id, evening
    )
    materialize(warehouse, [])

    (event,) = materialize(warehouse, []).asset_materializations_for_node("ml__kpi_trends")

    assert (event.metadata["computed"].value, event.metadata["written"].value) == (0, 0)

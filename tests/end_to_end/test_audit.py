"""What fails its tests is not published: its tenant, or everybody, keeps the version before, until it is mended."""

from uuid import uuid4

import pytest

from tests.end_to_end import stack as house
from tests.end_to_end import tables

pytestmark = pytest.mark.soak
VERSIONS = "select slug, version from app.mart_version join app.tenant using (tenant_id) where mart = %s"
LAST_BUILD = "select status, message from app.build order by build_id desc limit 1"
PLANT = """
update raw_exchange_rates.rates as raw set rate = %(rate)s, _dlt_load_id = %(load)s
where tenant_id = %(tenant)s and (day, currency) = (
    select max(day), 'USD' from raw_exchange_rates.rates where tenant_id = %(tenant)s and currency = 'USD')
"""
PACKAGE = """insert into app.load_package (tenant_id, connection_id, load_id, source)
select %(tenant)s::uuid, connection_id, %(load)s, source from app.connection
where tenant_id = %(tenant)s::uuid and source = 'exchange_rates'"""


def plant(stack: house.Stack, slug: str, rate: float) -> None:
    """The newest rate of the dollar becomes `rate`, as a load would bring it."""
    given = {"tenant": str(stack.tenants[slug].tenant_id), "load": f"planted-{uuid4()}", "rate": rate}
    with stack.warehouse.connect("loader") as connection:
        assert connection.execute(PLANT, given).rowcount == 1
        connection.execute(PACKAGE, given)


def ask(stack: house.Stack, statement: str, *given: object) -> list[tuple]:
    with stack.warehouse.connect("transformer") as connection:
        return connection.execute(statement, given or None).fetchall()


def newest(api: house.Api, slug: str) -> float:
    rows = api.rows(slug, "exchange_rates_daily", currency="USD")
    return max(rows, key=lambda row: row["day"])["rate"]


def test_a_tenant_whose_rows_fail_is_held_until_they_are_mended(copied):
    versions = dict(ask(copied, VERSIONS, "exchange_rates_daily"))
    with house.served(copied.warehouse) as api:
        before = newest(api, "acme")
        plant(copied, "acme", -1)
        plant(copied, "initech", 77)

        copied.transform(status="held")

        ((status, why),) = ask(copied, LAST_BUILD)
        assert status == "held"
        assert "lies_between_exchange_rates_daily_rate" in why
        assert "(rows of acme)" in why
        assert newest(api, "acme") == before
        assert newest(api, "initech") == 77
        held = dict(ask(copied, VERSIONS, "exchange_rates_daily"))
        assert held == {"acme": versions["acme"], "initech": versions["initech"] + 1}

        plant(copied, "acme", 5)
        copied.transform()

        assert ask(copied, LAST_BUILD) == [("succeeded", None)]
        assert newest(api, "acme") == 5
    published = tables.marts(copied.warehouse)
    copied.transform(full=True)
    assert tables.differences(published, tables.marts(copied.warehouse)) == {}


def test_a_failure_that_names_no_tenant_holds_everybody(copied):
    before = tables.marts(copied.warehouse)
    with copied.warehouse.connect("transformer") as connection:
        issue, severity = connection.execute("select issue_id, severity from build.issues limit 1").fetchone()
        set_severity = "update build.issues set severity = %s where issue_id = %s"
        connection.execute(set_severity, [9, issue])
        connection.execute("insert into build.issues__changed select tenant_id, issue_id from build.issues")
    plant(copied, "initech", 77)

    (why,) = copied.transform(status="held")

    assert "Nothing was published, the old version stays served" in why
    assert ask(copied, LAST_BUILD)[0][0] == "held"
    assert tables.differences(before, tables.marts(copied.warehouse)) == {}
    with house.served(copied.warehouse) as api:
        assert newest(api, "initech") != 77

    with copied.warehouse.connect("transformer") as connection:
        connection.execute(set_severity, [severity, issue])
    copied.transform()

    assert ask(copied, LAST_BUILD) == [("succeeded", None)]
    published = tables.marts(copied.warehouse)
    copied.transform(full=True)
    assert tables.differences(published, tables.marts(copied.warehouse)) == {}

"""Three providers behind one interface: each its own series, its own limit, and one stands in for another."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from pipelines import connections, stored_connections, tenants
from pipelines.connections import PROVIDERS, ExchangeRates
from pipelines.outcomes import Outcome
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import exchange_rates
from pipelines.sync_error import SyncError
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.sources.test_recorded_answers import answer
from tests.pipelines.syncs import NOW, config, connect, sync

OTHERS = {"frankfurter": "/exchange_rates/v1/*", "open_er_api": "/exchange_rates/v6/*",
          "exchangerate_api": "/exchange_rates/v4/*"}  # fmt: skip


@pytest.fixture(scope="module")
def _simulator() -> Iterator[Running]:
    with running([Charter("acme", days=5)]) as made:
        yield made


@pytest.fixture
def simulator(_simulator: Running, hurried: None) -> Iterator[Running]:
    """No long waits between two tries."""
    yield _simulator
    _simulator.clear_faults()


def kept(warehouse: Warehouse, tenant: Tenant) -> dict[str, tuple[int, int]]:
    """Days and currencies by provider."""
    query = "select provider, count(distinct day), count(distinct currency) from raw_exchange_rates.rates"
    with warehouse.connect("loader") as database:
        rows = database.execute(f"{query} where tenant_id = %s group by 1", [str(tenant.tenant_id)]).fetchall()
    return {provider: (days, currencies) for provider, days, currencies in rows}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_gives_rates_of_its_own_and_never_the_base(warehouse, simulator, provider) -> None:
    tenant = connect(warehouse, simulator.url, "exchange_rates", provider=provider)
    assert sync(warehouse, "exchange_rates", tenant)[0].error is None
    days, currencies = kept(warehouse, tenant)[provider]
    assert set(kept(warehouse, tenant)) == {provider}
    assert (days > 10) == (provider == "frankfurter") and currencies > 20
    with warehouse.connect("loader") as database:
        query = "select count(*) from raw_exchange_rates.rates where currency = base or rate is null"
        assert database.execute(query).fetchone() == (0,)


@pytest.mark.parametrize("fault", ["500", "drop", "truncated_json", "429"])
def test_while_a_provider_fails_the_next_gives_todays_rates_as_its_own_series(warehouse, simulator, fault) -> None:
    tenant = connect(warehouse, simulator.url, "exchange_rates")
    simulator.fault(OTHERS["frankfurter"], fault, retry_after=600)
    (failing,) = sync(warehouse, "exchange_rates", tenant)
    assert failing.error is None
    assert kept(warehouse, tenant).keys() == {"open_er_api"}
    assert kept(warehouse, tenant)["open_er_api"][0] == 1

    simulator.clear_faults()
    (well,) = sync(warehouse, "exchange_rates", tenant, now=NOW + timedelta(days=1))

    assert well.error is None
    assert kept(warehouse, tenant)["frankfurter"][0] > 10  # its cursor had stayed: all the days that it owed
    assert kept(warehouse, tenant)["open_er_api"][0] == 1


def test_the_order_is_the_connections(warehouse, simulator) -> None:
    tenant = connect(warehouse, simulator.url, "exchange_rates", fallbacks=["exchangerate_api", "open_er_api"])
    simulator.fault(OTHERS["frankfurter"], "500")
    sync(warehouse, "exchange_rates", tenant)
    assert set(kept(warehouse, tenant)) == {"exchangerate_api"}


@pytest.mark.parametrize("all_fail", [True, False], ids=["nobody answers", "nobody may stand in"])
def test_where_nobody_answers_it_is_the_providers_own_error(warehouse, simulator, all_fail) -> None:
    tenant = connect(warehouse, simulator.url, "exchange_rates", **({} if all_fail else {"fallbacks": []}))
    simulator.fault(OTHERS["frankfurter"], "503_html")
    if all_fail:
        simulator.fault("/exchange_rates/*", "500")
    (outcome,) = sync(warehouse, "exchange_rates", tenant)
    assert outcome.error is not None and outcome.error.error_class == "unavailable"
    assert "/v1/" in outcome.error.message
    assert kept(warehouse, tenant) == {}


def test_a_used_up_month_is_a_limit_and_the_next_provider_answers(warehouse, simulator) -> None:
    """1,500 requests a month are all that exchangerate-api gives: the 1,501st is not sent."""
    bases = ["EUR", "USD", "GBP"]
    tenant = tenants.create(warehouse, "acme", "Acme")
    ends = [_load(warehouse, simulator, tenant, base) for base in bases[:1]]
    with warehouse.connect("loader") as database:
        row = database.execute('select "window", used, quota_limit from app.quota where quota_limit = 1500').fetchone()
        assert row == ("month", 1, 1500)
        database.execute("update app.quota set used = 1500 where quota_limit = 1500")
    ends += [_load(warehouse, simulator, tenant, base) for base in bases[1:]]

    assert [end.error for end in ends] == [None] * 3
    with warehouse.connect("loader") as database:
        rows = database.execute("select distinct base, provider from raw_exchange_rates.rates order by 1").fetchall()
    assert rows == [("EUR", "exchangerate_api"), ("GBP", "frankfurter"), ("USD", "frankfurter")]


def _load(warehouse: Warehouse, simulator: Running, tenant: Tenant, base: str) -> Outcome:
    settings = config("exchange_rates", simulator.url, provider="exchangerate_api", base=base)
    stored = stored_connections.add(warehouse, tenant, base, settings, allow_private=True)
    (outcome,) = sync(warehouse, "exchange_rates", tenant, connection_id=stored.connection_id)
    return outcome


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_an_address_each_provider_is_asked_at_its_own(provider: str) -> None:
    found = connections.parse({"source": "exchange_rates", "provider": provider})
    assert isinstance(found, ExchangeRates)
    assert found.base_url == PROVIDERS[provider]
    assert {found.address_of(other) for other in found.stand_ins} == set(PROVIDERS.values()) - {found.base_url}
    own = msgspec.structs.replace(found, base_url="https://rates.example")
    assert {own.address_of(other) for other in own.stand_ins} == {"https://rates.example"}


@pytest.mark.parametrize(("kind", "error_class"), [("quota-reached", "rate_limited"), ("malformed", "unparsable")])
def test_an_error_with_status_200_is_an_error(kind: str, error_class: str) -> None:
    with pytest.raises(SyncError) as failed:
        exchange_rates._check_success(answer({"result": "error", "error-type": kind}))
    assert failed.value.error_class == error_class

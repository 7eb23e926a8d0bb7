"""Weather and news follow a tenant's places, and what one tenant asked of a keyless source no other asks again."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from pipelines import cities, stored_connections, tenants
from pipelines.kept import Place as Asked
from pipelines.kept import located
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.tenants import Place, Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, config, sync

BERLIN, HAMBURG = Place("Berlin", "DE", 52.52437, 13.41053), Place("Hamburg", "DE", 53.55073, 9.99302)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=5)]) as made:
        yield made


def connected(warehouse: Warehouse, url: str, source: str, slug: str, *places: Place) -> Tenant:
    tenant = tenants.create(warehouse, slug, slug.title(), "Europe/Berlin", places)
    stored_connections.add(warehouse, tenant, "main", config(source, url), allow_private=True)
    return tenant


def requests(warehouse: Warehouse) -> int:
    """How many were sent so far, by the ledger in which every one of them is counted."""
    with warehouse.connect("loader") as database:
        query = "select coalesce(sum(used), 0) from app.quota"  # one window each: day, hour or month
        return int((database.execute(query).fetchone() or (0,))[0])


@pytest.mark.parametrize(
    ("source", "table"),
    [("open_meteo", "hourly"), ("gdelt", "articles"), ("gdelt", "timelines"), ("exchange_rates", "rates")],
)
def test_ten_tenants_cost_what_one_costs(warehouse, simulator, source, table) -> None:
    first, *others = [connected(warehouse, simulator.url, source, f"tenant-{n}", BERLIN) for n in range(10)]
    assert sync(warehouse, source, first)[0].error is None
    once = requests(warehouse)
    assert once > 0

    ends = sync(warehouse, source, *others, now=NOW + timedelta(minutes=1))

    assert [end.error for end in ends] == [None] * 9
    assert requests(warehouse) == once
    with warehouse.connect("loader") as database:
        counts = database.execute(f"select count(*) from raw_{source}.{table} group by tenant_id").fetchall()
    assert len(counts) == 10 and len(set(counts)) == 1 and counts[0][0] > 0


def test_a_place_that_another_tenant_has_among_others_is_not_asked_again(warehouse, simulator) -> None:
    both = connected(warehouse, simulator.url, "open_meteo", "both", BERLIN, HAMBURG)
    assert sync(warehouse, "open_meteo", both)[0].error is None
    assert requests(warehouse) == 2  # the archive and the forecast, two places each
    later = NOW + timedelta(minutes=1)  # the first sync may have begun later in its minute than these in theirs
    one = connected(warehouse, simulator.url, "open_meteo", "one", HAMBURG)
    third = connected(warehouse, simulator.url, "open_meteo", "third", HAMBURG, Place("Munich", "DE"))

    assert [end.error for end in sync(warehouse, "open_meteo", one, now=later)] == [None]
    assert requests(warehouse) == 2
    assert [end.error for end in sync(warehouse, "open_meteo", third, now=later)] == [None]
    assert requests(warehouse) == 4  # Munich alone


def test_an_answer_is_asked_for_again_when_it_is_old(warehouse, simulator) -> None:
    acme = connected(warehouse, simulator.url, "open_meteo", "acme", BERLIN)
    sync(warehouse, "open_meteo", acme)
    sync(warehouse, "open_meteo", acme, now=NOW + timedelta(hours=5), full=True)
    assert requests(warehouse) == 2
    sync(warehouse, "open_meteo", acme, now=NOW + timedelta(hours=6, minutes=1), full=True)
    assert requests(warehouse) == 4


def test_places_are_asked_once_for_ever(warehouse, simulator) -> None:
    first, second = (connected(warehouse, simulator.url, "geonames", slug, Place("Berlin", "DE")) for slug in "ab")
    sync(warehouse, "geonames", first)
    assert requests(warehouse) == 1
    sync(warehouse, "geonames", second, now=NOW + timedelta(days=4000))
    assert requests(warehouse) == 1


def test_a_place_without_coordinates_has_weather_by_geonames_else_by_the_list_of_cities(warehouse, simulator) -> None:
    tenant = connected(warehouse, simulator.url, "open_meteo", "acme", Place("Köln", "DE"))
    assert sync(warehouse, "open_meteo", tenant)[0].error is None
    assert _asked_for(warehouse) == [(50.93333, 6.95)]
    stored_connections.add(warehouse, tenant, "main", config("geonames", simulator.url), allow_private=True)
    sync(warehouse, "geonames", tenant)
    with warehouse.connect("loader") as database:  # GeoNames knows better
        database.execute("update raw_geonames.places set latitude = 51, longitude = 7")
        database.execute("delete from app.response_cache")

    assert sync(warehouse, "open_meteo", tenant, full=True)[0].error is None
    assert _asked_for(warehouse) == [(51.0, 7.0)]


def _asked_for(warehouse: Warehouse) -> list[tuple[float, float]]:
    query = "select distinct substring(url from 'latitude=([-0-9.]+)'), substring(url from 'longitude=([-0-9.]+)')"
    with warehouse.connect("loader") as database:
        rows = database.execute(f"{query} from app.response_cache where source = 'open_meteo'").fetchall()
    return [(float(latitude), float(longitude)) for latitude, longitude in rows]


def test_a_place_that_nobody_knows_is_told_and_the_others_are_loaded(warehouse, simulator) -> None:
    tenant = connected(warehouse, simulator.url, "open_meteo", "acme", BERLIN, Place("Hinterzarten am Mond"))
    (outcome,) = sync(warehouse, "open_meteo", tenant)
    assert outcome.error is not None
    assert outcome.error.message == "no coordinates are known of Hinterzarten am Mond"
    assert outcome.failed == ("forecast",)
    assert outcome.rows["hourly"] > 0 and outcome.rows["daily"] > 0


@pytest.mark.parametrize(
    ("name", "country", "found"),
    [
        ("Köln", None, 2886242), ("cologne", "de", 2886242), ("München", "DE", 2867714), ("New York", "US", 5128581),
        ("New York City", "US", 5128581), ("London", None, 2643743), ("London", "CA", 6058560), ("Nowhere", None, None),
        ("San José", "CR", 3621849), ("São Paulo", "BR", 3448439),
    ],
)  # fmt: skip
def test_the_list_knows_large_cities_by_any_of_their_names(name: str, country: str | None, found: int | None) -> None:
    city = cities.find(name, country)
    assert (city.geoname_id if city else None) == found


def test_coordinates_that_were_given_stay() -> None:
    given = Asked(uuid4(), "Berlin", "DE", 1.0, 2.0)
    assert located(given, {str(given.place_id): (3.0, 4.0)}) == given
    bare = given._replace(latitude=None)
    assert located(bare, {})[3:] == (52.52437, 13.41053)
    assert located(bare._replace(name="Nowhere"), {}).latitude is None

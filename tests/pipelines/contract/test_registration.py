"""A source is registered in every place that lists sources, and says what it is or is not tested by."""

from uuid import uuid4

import pytest
import yaml

from dbt_project import PROJECT_DIR
from orchestration import jobs, staleness
from orchestration.assets import ingest
from orchestration.commands import connections as commands
from pipelines import connection_probes, schedules
from pipelines.connections import SOURCES, Base, parse
from pipelines.kept import Place
from pipelines.raw_tables import RAW, TABLES
from pipelines.simulator.played import NOT_PLAYED, PLAYED
from pipelines.simulator.server import Running
from pipelines.sources import module_of
from tests.pipelines.contract.connected import every_source
from tests.pipelines.syncs import BERLIN, NOW


def test_every_source_is_played_or_says_why_not() -> None:
    assert set(PLAYED) | set(NOT_PLAYED) == set(TABLES) == set(SOURCES)
    assert not set(PLAYED) & set(NOT_PLAYED)
    for source in NOT_PLAYED:
        assert not issubclass(SOURCES[source], Base), f"{source} is asked by HTTP, so the simulator can play it"


@pytest.mark.parametrize("source", TABLES)
def test_a_source_is_registered_everywhere(source: str) -> None:
    assert source in schedules.DEFAULTS
    assert source in staleness.OLDEST
    assert source in ingest.SYSTEMS
    assert source in commands.SOURCES
    assert [source in sources for sources, _ in jobs.INGEST_JOBS.values()].count(True) == 1
    (declared,) = yaml.safe_load((PROJECT_DIR / "models" / "staging" / source / f"{source}.yml").read_text())["sources"]
    assert {table["name"] for table in declared["tables"]} == set(RAW[source])


@every_source
def test_its_connection_can_be_written_on_the_command_line(source: str) -> None:
    config = {**PLAYED[source].config("http://simulator", "acme"), "source": source}
    written = [f"{name}={value}" for name, value in config.items() if isinstance(value, str | int | float)]
    assert parse({**config, **dict(commands._field(source, text) for text in written)}) == parse(config)


@every_source
def test_its_connection_is_checked_and_its_resources_can_be_probed(source: str, still: Running) -> None:
    place = Place(uuid4(), BERLIN.name, BERLIN.country_code, BERLIN.latitude, BERLIN.longitude)
    connection = parse({**PLAYED[source].config(still.url, "acme"), "source": source})
    found = connection_probes.probe(connection, public_only=False, now=NOW, places=[place])
    assert {probe.resource: probe.is_readable for probe in found} == dict.fromkeys(module_of(source).RESOURCES, True)

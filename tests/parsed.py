"""The project as dbt parsed it, once a process: that takes ten seconds, and databases differ in name and port alone."""

import pprint
from pathlib import Path
from typing import NamedTuple

from dbt.adapters.postgres import PostgresCredentials
from dbt.artifacts.resources import FileHash
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import PARTIAL_PARSE_FILE_NAME, extended_mashumuro_decoder

import dbt_project
from orchestration.dbt import Dbt
from pipelines import contracts
from pipelines.warehouse.connection import Warehouse


class _Parsed(NamedTuple):
    database: bytes
    profile: bytes  # dbt's hash of how it connects
    packed: bytes  # what dbt keeps from one parse for the next
    manifest: Path  # manifest.json


_known: list[_Parsed] = []


def parse(warehouse: Warehouse) -> None:
    """What `Dbt.parse` does in the home of this warehouse; only the first time nothing is known."""
    kept = dbt_project.target_dir(warehouse.home) / PARTIAL_PARSE_FILE_NAME
    if _known and not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(_packed_for(warehouse))
    Dbt(warehouse).parse()
    if not _known:
        names = _database(warehouse), _profile(warehouse)
        _known.append(_Parsed(*names, kept.read_bytes(), dbt_project.manifest_path(warehouse.home)))


def manifest(warehouse: Warehouse) -> Manifest:
    """dbt's manifest for this database, without asking dbt."""
    if not _known:
        parse(warehouse)
    made = Manifest.from_msgpack(_packed_for(warehouse), extended_mashumuro_decoder)
    made.build_flat_graph()  # as dbt does after it has read what it kept
    return made


def manifest_path(warehouse: Warehouse) -> Path:
    """A manifest.json of this checkout; the name of the database in it may be another."""
    if not _known:
        parse(warehouse)
    return _known[0].manifest


def marts() -> dict[str, contracts.Mart]:
    """The marts by name, which are the same for every database."""
    return contracts.read(_known[0].manifest)


def _packed_for(warehouse: Warehouse) -> bytes:
    """Strings are packed with their length, so others of the same length can take their places."""
    known, database = _known[0], _database(warehouse)
    assert len(database) == len(known.database), "another length would break what is packed"
    return known.packed.replace(known.profile, _profile(warehouse)).replace(known.database, database)


def _database(warehouse: Warehouse) -> bytes:
    return warehouse.parts("transformer")["dbname"].encode()


def _profile(warehouse: Warehouse) -> bytes:
    """As dbt.parser.manifest.ManifestLoader.build_manifest_state_check makes it of what profiles.yml gives."""
    parts = warehouse.parts("transformer")
    credentials = PostgresCredentials(
        host=parts["host"], port=int(parts["port"]), user=parts["user"], password=parts["password"],
        database=parts["dbname"], schema="public",
    )  # fmt: skip
    text = pprint.pformat(sorted(credentials.connection_info()))
    return str(FileHash.from_contents(text).checksum).encode()

"""The project as dbt parsed it, once a process: parsing takes seconds, and databases differ in their name alone."""

from collections.abc import Callable

from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

_parsed: list[tuple[bytes, bytes]] = []  # the database's name, and the manifest that was parsed for it


def manifest(database: str, parse: Callable[[], Manifest]) -> Manifest:
    """dbt's manifest for this database: what `parse` returned the first time, with the name replaced."""
    name = database.encode()
    if not _parsed:
        _parsed.append((name, parse().to_msgpack(extended_mashumaro_encoder)))
    known, packed = _parsed[0]
    assert len(known) == len(name), "another length would break what is packed"
    return Manifest.from_msgpack(packed.replace(known, name), extended_mashumuro_decoder)

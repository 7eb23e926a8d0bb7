"""The project as dbt parsed it, once a process: parsing takes seconds, and databases differ in their name alone."""

from collections.abc import Callable
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

from pipelines import contracts

# The database's name, the manifest that was parsed for it, and where that was written.
_parsed: list[tuple[bytes, bytes, Path]] = []


def manifest(database: str, parse: Callable[[], Manifest], written: Path) -> Manifest:
    """dbt's manifest for this database: what `parse` returned and wrote the first time, with the name replaced."""
    name = database.encode()
    if not _parsed:
        _parsed.append((name, parse().to_msgpack(extended_mashumaro_encoder), written))
    known, packed, _ = _parsed[0]
    assert len(known) == len(name), "another length would break what is packed"
    return Manifest.from_msgpack(packed.replace(known, name), extended_mashumuro_decoder)


def marts() -> dict[str, contracts.Mart]:
    """The marts by name, which are the same for every database: builds write no manifest."""
    return contracts.read(_parsed[0][2])

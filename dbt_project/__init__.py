"""Where the dbt project lies and where its artefacts go. Everything else in this folder is SQL and YAML."""

import csv
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent


def target_dir(home: Path) -> Path:
    """Where dbt writes what it compiles, in the folder of local state."""
    return home / "dbt" / "target"


def manifest_path(home: Path) -> Path:
    """dbt's manifest: models, contracts, descriptions. Written by `dbt parse`."""
    return target_dir(home) / "manifest.json"


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed: what holds where a tenant has decided nothing."""
    with (PROJECT_DIR / "seeds" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))

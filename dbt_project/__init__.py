"""Where the dbt project lies and where its artefacts go. Everything else in this folder is SQL and YAML."""

from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent


def target_dir(home: Path) -> Path:
    """Where dbt writes what it compiles, in the folder of local state."""
    return home / "dbt" / "target"


def manifest_path(home: Path) -> Path:
    """dbt's manifest: models, contracts, descriptions. Written by `dbt parse`."""
    return target_dir(home) / "manifest.json"

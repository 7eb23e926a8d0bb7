"""What a Dagster process needs to find its settings and its database; written and handed down, never assumed."""

import os
from pathlib import Path

from pipelines.warehouse.connection import Warehouse

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def dagster(warehouse: Warehouse) -> dict[str, str]:
    """Write the live dagster.yaml and return the variables it reads. The password stays out of the file."""
    home = warehouse.home / "dagster"
    (home / "logs").mkdir(parents=True, exist_ok=True)
    live = home / "dagster.yaml"
    if not live.exists() or live.read_bytes() != TEMPLATE.read_bytes():
        live.write_bytes(TEMPLATE.read_bytes())
    parts = warehouse.parts("dagster")
    return {
        "DAGSTER_HOME": str(home),
        "CLEARSIGNAL_HOME": str(warehouse.home),
        "CLEARSIGNAL_COMPUTE_LOGS": str(home / "logs"),
        "CLEARSIGNAL_DAGSTER_DB_HOST": parts["host"],
        "CLEARSIGNAL_DAGSTER_DB_PORT": parts["port"],
        "CLEARSIGNAL_DAGSTER_DB_USER": parts["user"],
        "CLEARSIGNAL_DAGSTER_DB_PASSWORD": parts["password"],
        "CLEARSIGNAL_DAGSTER_DB_NAME": f"{parts['dbname']}_dagster",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DO_NOT_TRACK": "1",
    }


def enter(warehouse: Warehouse) -> None:
    """Set the variables in this process."""
    os.environ.update(dagster(warehouse))


def read_dotenv(path: Path) -> list[str]:
    """Set what `.env` says and the environment does not. Returns the names that were set.

    Lines are NAME=value; quotes around the value and lines that begin with # are dropped.
    """
    if not path.is_file():
        return []
    taken = []
    for line in path.read_text().splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#") and name.strip() not in os.environ:
            text = value.strip()
            quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""
            os.environ[name.strip()] = text[1:-1] if quoted else text.partition(" #")[0].strip()
            taken.append(name.strip())
    return taken

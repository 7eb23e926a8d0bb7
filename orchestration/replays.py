"""Recorded folders as companies of the simulator: remembered, served, connected, so that schedules find them again."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.tenants import Tenant


class ReplayInvalid(Exception):
    """The folder, or its replay.toml, cannot be replayed. The message says why and what to do."""


@dataclass
class Recording:
    """One replayed folder and whose data it becomes."""

    tenant: Tenant
    sources: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)


def folders(home: Path) -> list[Path]:
    """The folders that were replayed before and are still there."""
    return [Path(each["folder"]) for each in _remembered(home) if Path(each["folder"]).is_dir()]


def _remembered(home: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads((home / "simulator" / "replays.json").read_text()))
    except (OSError, ValueError):
        return []

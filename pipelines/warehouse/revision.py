"""Which revision of the database this code needs, without Alembic, which a server has no other use for."""

from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def needed() -> str:
    """The newest migration's number; files are named by it."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))

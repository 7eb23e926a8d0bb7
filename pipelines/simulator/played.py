"""How the simulator plays each source: what a connection to it says, and what a test can do to its world.

One entry a source. `tests/pipelines/contract/` runs its whole suite over every entry, so this is all that a
new source says to be tested; what a source has no notion of stands in `lacks`, and the suite checks that it is so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.simulator.zendesk_objects import JIRA_KEY_FIELD

Config = Callable[[str, str], dict[str, Any]]  # the simulator's address, a company's slug


@dataclass(frozen=True)
class Record:
    """Records of a source that `/world/records` edits and deletes, and where raw shows it."""

    kind: str  # as `/world/records` names it, and the raw table
    name: str  # a text field of the source's
    column: str  # that field's column in raw
    key: str = "id"
    changed_at: str = "updated_at"  # raw's time of change


@dataclass(frozen=True)
class Played:
    """`lacks`: clause of the contract → why this source has no such notion."""

    config: Config
    record: Record | None = None
    newest: tuple[str, str] | None = None  # without records: table and time column whose newest rows are read again
    settles: Mapping[str, str] = field(default_factory=dict)  # table → why raw may differ from a first read of today
    lacks: Mapping[str, str] = field(default_factory=dict)


NOBODY_EDITS = {
    "deletion": "a public series: nobody deletes of it, so nothing is asked for what is gone",
    "completeness": "there is no list of all that there is; each sync reads whole days",
}
NAMED = "the answer is no list of records: its values are taken by name"

PLAYED: dict[str, Played] = {
    "github": Played(
        lambda url, slug: {
            "organization": slug, "token": f"github-{slug}", "base_url": f"{url}/github", "api": "graphql",
        },
        Record("issues", "title", "title"),
        settles={
            "commits": "what a deleted branch held stays, since a deployment may name it",
            "check_runs": "those of what a branch ended in before stay",
            "deployments": "their time of change moves with a status that no figure needs",
            "deployment_statuses": "`inactive` is written long after the result that counts",
        },
    ),
    "jira": Played(
        lambda url, slug: {
            "email": f"ann@{slug}.example", "token": f"jira-{slug}", "base_url": f"{url}/jira/{slug}",
        },
        Record("issues", "summary", "summary", changed_at="updated"),
    ),
    "hubspot": Played(
        lambda url, slug: {"token": f"hubspot-{slug}", "base_url": f"{url}/hubspot/{slug}"},
        Record("tickets", "subject", "subject"),
        settles={"owners": "those who were deactivated come with the first sweep"},
    ),
    "zendesk": Played(
        lambda url, slug: {
            "email": f"admin@{slug}.example", "token": f"zendesk-{slug}", "base_url": f"{url}/zendesk/{slug}",
            "jira_key_field": JIRA_KEY_FIELD,
        },
        Record("tickets", "subject", "subject", changed_at="generated_at"),
    ),
    "gdelt": Played(
        lambda url, slug: {"base_url": f"{url}/gdelt", "pace_seconds": 0.06, "first_days": 8},
        newest=("articles", "seen_at"),
        lacks={**NOBODY_EDITS, "visible drift": NAMED},
    ),
    "open_meteo": Played(
        lambda url, slug: {"base_url": f"{url}/open_meteo", "archive_url": f"{url}/open_meteo", "first_days": 21},
        newest=("daily", "day"),
        lacks={**NOBODY_EDITS, "visible drift": NAMED},
    ),
    "exchange_rates": Played(
        lambda url, slug: {"base_url": f"{url}/exchange_rates", "first_days": 30},
        newest=("rates", "day"),
        lacks={**NOBODY_EDITS, "visible drift": NAMED},
    ),
    "geonames": Played(
        lambda url, slug: {"username": "demo", "base_url": f"{url}/geonames"},
        newest=("places", "place_id"),
        lacks={
            **NOBODY_EDITS,
            "visible drift": NAMED,
            "cursor": "places do not move: each is asked for once, and its answer is kept for ever",
        },
    ),
}  # fmt: skip

# Sources that the simulator cannot play, and where they are tested instead.
NOT_PLAYED = {
    "git": "a clone on this machine, read by the git program and not by HTTP: tests/pipelines/sources/test_git.py",
}

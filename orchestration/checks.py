"""The check on every raw table: it names the tenants whose data are old or do not come, why, and what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.shown import markdown
from orchestration.staleness import Drift, Stale, Unread

CHECK = "every_tenant_is_fresh"
MAX_ROWS, MOST_SAID = 20, 5


def freshness(
    table: str, source: str, stale: list[Stale], drift: Sequence[Drift] = (), unread: Sequence[Unread] = ()
) -> dg.AssetCheckResult:
    """The check's result on one table. It warns: one tenant's failure is no failure of the others.

    Fields that came or went, and pasts that are still unread, are shown beside it; they make nobody's data old.
    """
    names = list(dict.fromkeys(each.tenant for each in stale))
    metadata: dict[str, dg.MetadataValue] = {"stale tenants": dg.MetadataValue.int(len(names))}
    if stale:
        rows = [(each.tenant, _when(each.since), each.sort, each.cure) for each in stale[:MAX_ROWS]]
        metadata["who and why"] = _table(("tenant", "last loaded", "error", "what to do"), rows)
    if drift:
        changed = [(each.tenant, _when(each.since), f"{each.field} {each.change}", _advice(each)) for each in drift]
        header = ("tenant", "since", "field", "what to do")
        metadata["fields that came or went"] = _table(header, changed[:MAX_ROWS])
    if unread:
        under_way = [(*each, "Nothing: the next sync goes on.") for each in unread[:MAX_ROWS]]
        metadata["first syncs under way"] = _table(("tenant", "connection", "how far", "what to do"), under_way)
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey([f"raw_{source}", table]),
        check_name=CHECK,
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=_words(stale, drift),
    )


def spec(source: str, table: str) -> dg.AssetCheckSpec:
    """The check's declaration."""
    return dg.AssetCheckSpec(
        CHECK, asset=dg.AssetKey([f"raw_{source}", table]), description="Names the tenants whose data are old, and why."
    )


def _words(stale: Sequence[Stale], drift: Sequence[Drift]) -> str | None:
    """The news in a line each, since Dagster's page of a check hides its tables behind a click."""
    said = [f"{each.tenant}: {each.sort}, last loaded {_when(each.since)}. {each.cure}" for each in stale[:MOST_SAID]]
    if len(stale) > MOST_SAID:
        said.append(f"… and {len(stale) - MOST_SAID} more.")
    said += [f"{each.tenant}: field {each.field} {each.change} on {each.since:%d %b}." for each in drift[:MOST_SAID]]
    return "\n\n".join(said) or None


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dg.MetadataValue:
    """A Markdown table, cut below 1,000 characters: a longer one is a click away."""
    text = markdown(header, rows, width=64)
    return dg.MetadataValue.md(text if len(text) < 1000 else "\n".join(text[:980].splitlines()[:-1]) + "\n\n…")


def _advice(drift: Drift) -> str:
    return "Nothing, unless you need it." if drift.change == "added" else "See whether a figure needs it."


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%d %b %H:%M} UTC" if instant else "never"

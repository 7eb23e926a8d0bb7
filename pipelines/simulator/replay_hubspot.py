"""Recorded HubSpot objects, where the HubSpot handlers look for theirs."""

from typing import Any

from pipelines.simulator.clock import parse_instant
from pipelines.simulator.hubspot_objects import Record
from pipelines.simulator.replay_lines import Folder, Line, ReplayInvalid


class RecordedStore:
    """One recorded portal. Any token may read it."""

    def __init__(self, folder: Folder) -> None:
        self.slug = folder.slug
        self.token: str | None = None
        self._records = {
            kind: {record.record_id: record for record in map(_record, folder.of("hubspot", kind))}
            for kind in ("tickets", "companies", "contacts")
        }
        self._owners = {str(line.body.get("id")): line.body for line in folder.of("hubspot", "owners")}
        self._pipelines = {str(line.body.get("id")): line for line in folder.of("hubspot", "pipelines")}

    def records(self, kind: str) -> list[Record]:
        return list(self._records[kind].values())

    def owners(self) -> list[dict[str, Any]]:
        return [{"archived": False, **owner} for owner in self._owners.values()]

    def pipelines(self, object_type: str) -> list[dict[str, Any]]:
        """Those whose path names the kind of object."""
        return [
            line.body for line in self._pipelines.values() if (line.part("pipelines") or object_type) == object_type
        ]


def _record(line: Line) -> Record:
    body = line.body
    try:
        history = {
            name: [(parse_instant(one["timestamp"]), one["value"]) for one in reversed(values)]
            for name, values in (body.get("propertiesWithHistory") or {}).items()
        }
        associations = {
            name: [(str(one["id"]), str(one["type"])) for one in found["results"]]
            for name, found in (body.get("associations") or {}).items()
        }
        return Record(
            record_id=int(body["id"]),
            created_at=parse_instant(body["createdAt"]),
            updated_at=parse_instant(body["updatedAt"]),
            archived_at=parse_instant(body.get("archivedAt") or body["updatedAt"]) if body.get("archived") else None,
            properties=dict(body["properties"]),
            history=history,
            associations=associations,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReplayInvalid(f"{line.place}: not a HubSpot object ({type(error).__name__}: {error})") from None

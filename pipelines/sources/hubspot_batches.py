"""HubSpot's batches: what is known by its id is read by the hundred, and not one by one."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pipelines.http import Client
from pipelines.sources.hubspot_search import following
from pipelines.sources.reading import at_once
from pipelines.sync_error import SyncError

HISTORY_BATCH = 50  # objects, where their history is asked for as well


def whole(
    client: Client, kind: str, found: Sequence[Mapping[str, Any]], asked: Mapping[str, str], linked: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """These objects, in their order, with the properties and the history that `asked` names.

    Their associations with the kinds of `linked` are read too; those that `found` has are kept. What was archived or
    deleted since it was found is left out.
    """
    ids = list(dict.fromkeys(str(one["id"]) for one in found))
    chunks = [ids[at : at + HISTORY_BATCH] for at in range(0, len(ids), HISTORY_BATCH)]
    steps: list[Callable[[], Any]] = [partial(_read, client, kind, chunk, asked) for chunk in chunks]
    steps += [partial(_associated, client, kind, other, ids) for other in linked if ids]
    answers = at_once(lambda step: step(), steps)
    objects = {str(one["id"]): one for chunk in answers[: len(chunks)] for one in chunk}
    others = dict(zip(linked, answers[len(chunks) :], strict=True)) if ids else {}
    known = {str(one["id"]): one.get("associations") or {} for one in found}
    return [
        {
            **objects[one],
            "associations": known[one] | {name: {"results": by_id.get(one, [])} for name, by_id in others.items()},
        }
        for one in ids
        if one in objects
    ]


def _read(client: Client, kind: str, ids: list[str], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    body = {name: text.split(",") for name, text in asked.items() if name.startswith("properties")}
    inputs = [{"id": one} for one in ids]
    return _results(client.post(f"/crm/v3/objects/{kind}/batch/read", {**body, "inputs": inputs}))


def _associated(client: Client, kind: str, other: str, ids: list[str]) -> dict[str, list[dict[str, str]]]:
    """By id, the objects of another kind."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    inputs = [{"id": one} for one in ids]
    while inputs:
        answer = client.post(f"/crm/v4/associations/{kind}/{other}/batch/read", {"inputs": inputs})
        inputs = []
        for one in _results(answer):
            name = str(one["from"]["id"])
            found[name] += [{"id": str(to["toObjectId"])} for to in one["to"]]
            if after := following(one):
                inputs.append({"id": name, "after": after})
    return found


def _results(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a batch. What HubSpot lacks, or has no association of, it names in a 207; any other error fails the batch."""
    for error in answer.get("errors") or ():
        if error.get("category") != "OBJECT_NOT_FOUND":
            raise SyncError("unavailable", f"HubSpot read a batch in part: {str(error.get('message'))!r}")
    return answer["results"]

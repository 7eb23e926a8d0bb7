"""The simulator's own routes: the clock, the faults, and editing the past by hand."""

from typing import Any

from litestar import Response, delete, get, post
from litestar.datastructures import State

from pipelines.simulator.amendments import AMENDABLE
from pipelines.simulator.clock import iso, parse_instant
from pipelines.simulator.faults import Fault
from pipelines.simulator.world import World


@get("/world", sync_to_thread=False)
def read_world(state: State) -> dict[str, Any]:
    """The clock and the companies."""
    return _describe(state.world)


@post("/world/clock", status_code=200, sync_to_thread=False)
def set_clock(state: State, data: dict[str, Any]) -> dict[str, Any]:
    """{"advance_hours": n} or {"now": "2026-03-01T00:00:00Z"}."""
    world: World = state.world
    if "advance_hours" in data:
        world.clock.advance(round(float(data["advance_hours"]) * 3600))
    elif "now" in data:
        world.clock.set(parse_instant(str(data["now"])))
    else:
        raise ValueError('send {"advance_hours": n} or {"now": "…"}')
    world.save()
    return _describe(world)


@get("/world/settings", sync_to_thread=False)
def read_settings(state: State) -> dict[str, Any]:
    return dict(state.world.settings)


@post("/world/settings", status_code=200, sync_to_thread=False)
def change_settings(state: State, data: dict[str, Any]) -> dict[str, Any]:
    """Limits and paces, such as {"github_rate_limit": 60}. Unknown names are refused."""
    unknown = sorted(set(data) - set(state.world.settings))
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(unknown)}; there are {', '.join(state.world.settings)}")
    state.world.settings.update(data)
    return dict(state.world.settings)


@get("/world/faults", sync_to_thread=False)
def list_faults(state: State) -> list[dict[str, Any]]:
    return [_describe_fault(fault) for fault in state.world.faults.active]


@post("/world/faults", status_code=201, sync_to_thread=False)
def add_fault(state: State, data: dict[str, Any]) -> dict[str, Any]:
    """{"path": glob, "fault": kind, "times": n|null, …the fault's own options}."""
    options = {name: value for name, value in data.items() if name not in {"path", "fault", "times"}}
    fault = Fault(str(data.get("path", "*")), str(data.get("fault")), data.get("times"), options)
    state.world.faults.add(fault)
    return _describe_fault(fault)


@delete("/world/faults", sync_to_thread=False)
def clear_faults(state: State) -> None:
    state.world.faults.clear()


@post("/world/records/{action:str}", status_code=200, sync_to_thread=False)
def amend(state: State, action: str, data: dict[str, Any]) -> Response:
    """delete, edit or rename {"company", "provider" ("github" where left out), "kind", "id", "changes" or "name"}."""
    world: World = state.world
    provider = str(data.get("provider", "github"))
    key = (str(data["company"]), provider, str(data["kind"]), data["id"])
    if provider in world.amendable and str(data["kind"]) not in world.amendable[provider]:
        raise ValueError(f"kind: {data['kind']!r} is none of {', '.join(world.amendable[provider])}")
    if action == "edit" and provider in AMENDABLE and str(data["kind"]) != AMENDABLE[provider][0]:
        raise ValueError(f"kind: of {provider} {AMENDABLE[provider][0]} alone can be edited")
    if action == "delete":
        world.amendments.delete(*key, at=world.clock.now())
    elif action == "edit":
        world.amendments.edit(*key, changes=dict(data["changes"]), at=world.clock.now())
    elif action == "rename":
        _rename(world, str(data["company"]), str(data["id"]), str(data["name"]))
    else:
        return Response({"message": "Not Found"}, status_code=404)
    return Response({"done": action, "at": iso(world.clock.now())})


def _rename(world: World, slug: str, wanted: str, name: str) -> None:
    """Call a repository otherwise; another owner's name is a transfer. Raises ValueError for an unknown one."""
    company = world.company(slug)
    found = next((one for one in company.repositories.values() if one.full_name == wanted), None) if company else None
    if found is None or name.count("/") != 1:
        raise ValueError("rename a repository, by its full name, to another owner/name")
    found.rename(name)


def _describe(world: World) -> dict[str, Any]:
    companies = []
    for slug, charter in world.charters.items():
        company = world.company(slug)
        assert company is not None
        companies.append(
            {
                "slug": slug,
                "style": charter.style,
                "seed": charter.seed,
                "founded_at": iso(company.founded_at),
                "time_zone": charter.time_zone,
                "repositories": list(company.repositories),
                "services": [service.name for service in company.services],
                "pull_requests": len(company.pull_requests),
                "deployments": len(company.deployments),
                "incidents": len(company.incidents),
            }
        )
    return {"now": iso(world.clock.now()), "is_fixed": world.clock.fixed is not None, "companies": companies}


def _describe_fault(fault: Fault) -> dict[str, Any]:
    return {"path": fault.path, "fault": fault.fault, "times": fault.times, "used": fault.used, **fault.options}


HANDLERS = [read_world, set_clock, read_settings, change_settings, list_faults, add_fault, clear_faults, amend]

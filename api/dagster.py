"""Talks to Dagster's GraphQL: its jobs and runs, a run's start and end, its log, and whether the daemon lives.

Dagster has no login, so it listens on the loopback only; the API is the door for users, and asks for one tenant.
"""

import logging
from collections.abc import Iterable
from typing import Any

import httpx
import msgspec

from api import dagster_queries as queries
from api.errors import unavailable

logger = logging.getLogger("clearsignal.api")

LOCATION = "clearsignal"
REPOSITORY = "__repository__"
PLACE = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
PARTITIONS = "tenant"
NOBODY = "none"  # an empty list of ids would ask for every run
UNFINISHED = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]
TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 2_000_000  # bytes


class Dagster:
    """One client, made when first needed. Raises ApiError 503 where Dagster is away or says no."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def unfinished(self, tags: dict[str, str]) -> list[dict[str, Any]]:
        """The runs that carry these tags and have not ended."""
        given = [{"key": key, "value": value} for key, value in tags.items()]
        found = await self._ask(queries.RUNS, {"filter": {"tags": given, "statuses": UNFINISHED}})
        return list(found["runsOrError"].get("results") or [])

    async def unfinished_of(self, run_ids: Iterable[str]) -> set[str]:
        """Which of these runs have not ended. A process that was killed leaves its word, but no run."""
        found = await self._ask(queries.RUNS, {"filter": {"runIds": list(run_ids), "statuses": UNFINISHED}})
        return {run["runId"] for run in found["runsOrError"].get("results") or []}

    async def unfinished_runs(self, job: str, tags: dict[str, str]) -> list[dict[str, Any]]:
        """The runs of a job that carry these tags and have not ended."""
        given = [{"key": key, "value": value} for key, value in tags.items()]
        more = {"tags": given} if given else {}
        return await self.runs([{"pipelineName": job, "statuses": UNFINISHED, **more}], 25)

    async def launch(
        self, job: str, config: dict[str, Any], tags: dict[str, str], assets: Iterable[tuple[str, str]] = ()
    ) -> str:
        """Put a run of a job, or of these of its assets, into the queue and return its id."""
        chosen = {"assetSelection": [{"path": list(path)} for path in assets]} if assets else {}
        params = {
            "selector": {**PLACE, "jobName": job, **chosen},
            "runConfigData": config,
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        result = (await self._ask(queries.LAUNCH, {"params": params}))["launchRun"]
        if result["__typename"] != "LaunchRunSuccess":
            logger.warning("Dagster refused %s: %s", job, str(result)[:500])
            raise unavailable("DAGSTER_REFUSED", f"Dagster did not start the run ({result['__typename']}).", 30)
        return str(result["run"]["runId"])

    async def ensure_partition(self, key: str) -> None:
        """Make the tenant's partition where it is not known yet: a run of an unknown one is refused."""
        await self._ask(queries.ADD_PARTITION, {"repository": PLACE, "definition": PARTITIONS, "key": key})

    async def jobs(self) -> dict[str, Any]:
        """The repository's jobs with their operations, and its schedules."""
        found = (await self._ask(queries.JOBS, {"repository": PLACE}))["repositoryOrError"]
        if found["__typename"] != "Repository":
            raise unavailable("DAGSTER_UNAVAILABLE", "Dagster has not loaded the jobs. Do: see its page.", 30)
        return found

    async def runs(self, filters: Iterable[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
        """The newest runs that one of the filters takes, each once, newest first. At most `limit` of each."""
        given = [{**each, "runIds": each["runIds"] or [NOBODY]} if "runIds" in each else each for each in filters]
        names = [f"f{number}" for number in range(len(given))]
        found = await self._ask(queries.runs(names), {**dict(zip(names, given, strict=True)), "limit": limit})
        once = {run["runId"]: run for name in names for run in found[name].get("results") or ()}
        return sorted(once.values(), key=lambda run: -run["creationTime"])

    async def run(self, run_id: str) -> dict[str, Any] | None:
        """A run with its steps; None where there is none of this id."""
        found = (await self._ask(queries.RUN, {"id": run_id}))["runOrError"]
        return found if found["__typename"] == "Run" else None

    async def log(self, run_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
        """What happened in a run after the cursor: `events`, `cursor`, `hasMore`."""
        found = (await self._ask(queries.LOG, {"id": run_id, "cursor": cursor, "limit": limit}))["logsForRun"]
        if found["__typename"] != "EventConnection":
            raise unavailable("DAGSTER_UNAVAILABLE", "Dagster does not show the log of this run.", 10)
        return found

    async def cancel(self, run_id: str) -> bool:
        """Ask that a run be ended; False where Dagster could not, mostly as it has ended by itself."""
        return (await self._ask(queries.CANCEL, {"id": run_id}))["terminateRun"]["__typename"] == "TerminateRunSuccess"

    async def daemon(self) -> bool:
        """Whether every daemon that is needed sent a heartbeat lately."""
        health = (await self._ask(queries.DAEMON, {}))["instance"]["daemonHealth"]["allDaemonStatuses"]
        needed = [each for each in health if each["required"]]
        return bool(needed) and all(each["healthy"] for each in needed)

    async def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        try:
            answer = await self._client.post(f"{self.url}/graphql", json={"query": query, "variables": variables})
            decoded = msgspec.json.decode(answer.content[:LARGEST_ANSWER])
            if isinstance(decoded, dict) and decoded.get("data"):  # also with 500, where a run was refused
                return decoded["data"]
            logger.warning("Dagster answered %s: %s", answer.status_code, str(decoded)[:500])
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            logger.warning("Dagster does not answer: %s", type(error).__name__)
        raise unavailable(
            "DAGSTER_UNAVAILABLE", "Dagster does not answer. Do: check that it runs (clearsignal status).", 10
        )

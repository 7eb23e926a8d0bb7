"""Talks to Dagster's GraphQL: starts a run, says which run is under way, and whether the daemon lives.

Dagster has no login, so it listens on the loopback only; the API is the door for users, and asks for one tenant.
"""

import logging
from collections.abc import Iterable
from typing import Any

import httpx
import msgspec

from api.errors import unavailable

logger = logging.getLogger("clearsignal.api")

LOCATION = "clearsignal"
REPOSITORY = "__repository__"
PARTITIONS = "tenant"
UNFINISHED = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]
TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 2_000_000  # bytes

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PipelineNotFoundError { message }
    ... on InvalidSubsetError { message }
    ... on UnauthorizedError { message }
    ... on RunConflict { message }
  }
}
"""
ADD_PARTITION = """
mutation AddPartition($repository: RepositorySelector!, $definition: String!, $key: String!) {
  addDynamicPartition(repositorySelector: $repository, partitionsDefName: $definition, partitionKey: $key) {
    __typename
  }
}
"""
RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 25) {
    __typename
    ... on Runs { results { runId status tags { key value } } }
  }
}
"""
DAEMON = "query { instance { daemonHealth { allDaemonStatuses { daemonType healthy required lastHeartbeatTime } } } }"


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
        found = await self._ask(RUNS, {"filter": {"tags": given, "statuses": UNFINISHED}})
        return list(found["runsOrError"].get("results") or [])

    async def unfinished_of(self, run_ids: Iterable[str]) -> set[str]:
        """Which of these runs have not ended. A process that was killed leaves its word, but no run."""
        found = await self._ask(RUNS, {"filter": {"runIds": list(run_ids), "statuses": UNFINISHED}})
        return {run["runId"] for run in found["runsOrError"].get("results") or []}

    async def launch(self, job: str, config: dict[str, Any], tags: dict[str, str]) -> str:
        """Put a run of a job into the queue and return its id."""
        params = {
            "selector": {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, "jobName": job},
            "runConfigData": config,
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        result = (await self._ask(LAUNCH, {"params": params}))["launchRun"]
        if result["__typename"] != "LaunchRunSuccess":
            logger.warning("Dagster refused %s: %s", job, str(result)[:500])
            raise unavailable("DAGSTER_REFUSED", f"Dagster did not start the run ({result['__typename']}).", 30)
        return str(result["run"]["runId"])

    async def ensure_partition(self, key: str) -> None:
        """Make the tenant's partition where it is not known yet: a run of an unknown one is refused."""
        repository = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
        await self._ask(ADD_PARTITION, {"repository": repository, "definition": PARTITIONS, "key": key})

    async def daemon(self) -> bool:
        """Whether every daemon that is needed sent a heartbeat lately."""
        health = (await self._ask(DAEMON, {}))["instance"]["daemonHealth"]["allDaemonStatuses"]
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

"""What is asked of Dagster's GraphQL. Of events no stack traces: they name files of this machine."""

from collections.abc import Sequence

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
FACTS = "runId jobName status creationTime startTime endTime tags { key value }"
JOBS = """
query Jobs($repository: RepositorySelector!) {
  repositoryOrError(repositorySelector: $repository) {
    __typename
    ... on Repository {
      jobs { name description solids { name } }
      schedules { pipelineName cronSchedule executionTimezone scheduleState { status } }
    }
  }
}
"""
RUN = f"""
query Run($id: ID!) {{
  runOrError(runId: $id) {{
    __typename
    ... on Run {{
      {FACTS}
      stepStats {{ stepKey status startTime endTime }}
      executionPlan {{ steps {{ key }} }}
    }}
  }}
}}
"""
LOG = """
query Log($id: ID!, $cursor: String, $limit: Int!) {
  logsForRun(runId: $id, afterCursor: $cursor, limit: $limit) {
    __typename
    ... on EventConnection {
      cursor
      hasMore
      events {
        __typename
        ... on MessageEvent { message timestamp level stepKey }
        ... on ExecutionStepFailureEvent { error { message } }
        ... on MaterializationEvent { partition assetKey { path } }
      }
    }
  }
}
"""
CANCEL = "mutation Cancel($id: String!) { terminateRun(runId: $id) { __typename } }"


def runs(names: Sequence[str]) -> str:
    """The runs that each of these filters takes, in one question."""
    given = " ".join(f"${name}: RunsFilter!," for name in names)
    asked = " ".join(
        f"{name}: runsOrError(filter: ${name}, limit: $limit) {{ ... on Runs {{ results {{ {FACTS} }} }} }}"
        for name in names
    )
    return f"query RunsOf({given} $limit: Int!) {{ {asked} }}"

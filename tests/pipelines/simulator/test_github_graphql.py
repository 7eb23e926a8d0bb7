"""The simulator's GraphQL is a part of GitHub's: its schema, its pages, its points, its errors."""

import gzip
from pathlib import Path
from typing import Any

import graphql
import httpx
import pytest

from pipelines.simulator import github_graphql
from pipelines.simulator.company import Charter
from pipelines.simulator.github_graphql_cost import cost
from pipelines.simulator.server import Running, running
from pipelines.sources import github_queries

SCHEMA = github_graphql.schema()
QUERIES = {
    "pull requests": github_queries.PULL_REQUESTS,
    **{name: github_queries.more(name) for name in github_queries.CONNECTIONS},
}
NUMBERS = """
query ($first: Int, $last: Int, $after: String, $before: String, $direction: OrderDirection!) {
  repository(owner: "acme", name: "checkout") {
    pullRequests(
      first: $first, last: $last, after: $after, before: $before, orderBy: {field: UPDATED_AT, direction: $direction}
    ) {
      totalCount
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
      nodes { number updatedAt }
    }
  }
}
"""


@pytest.fixture(scope="module")
def official(contracts: Path) -> graphql.GraphQLSchema:
    packed = contracts / "github_graphql.graphql.gz"
    if not packed.exists():
        pytest.skip("GitHub's GraphQL schema (../shared/contracts) is not on this machine")
    return graphql.build_schema(gzip.open(packed, "rt").read(), assume_valid=True)


@pytest.fixture(scope="module")
def simulator():
    with running([Charter("acme", days=20)]) as made:
        yield made


@pytest.fixture
def limited(simulator: Running):
    """Settings that a test may change."""
    before = dict(simulator.world.settings)
    yield simulator.world.settings
    simulator.world.settings.update(before)


def ask(simulator: Running, query: str, token: str = "github-acme", path: str = "/github/graphql", **variables: Any):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.post(simulator.url + path, json={"query": query, "variables": variables}, headers=headers)


def signature(field: Any) -> dict[str, str]:
    """Name of an argument → its type and default."""
    return {
        name: f"{one.type}" + ("" if one.default_value is graphql.Undefined else f" = {one.default_value}")
        for name, one in getattr(field, "args", {}).items()
    }


def test_every_type_field_and_argument_is_githubs(official: graphql.GraphQLSchema) -> None:
    for name, ours in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        theirs = official.type_map[name]
        assert type(ours) is type(theirs), name
        if isinstance(ours, graphql.GraphQLEnumType):
            assert set(ours.values) <= set(theirs.values), name
        if isinstance(ours, graphql.GraphQLObjectType):
            assert {one.name for one in ours.interfaces} <= {one.name for one in theirs.interfaces}, name
        for field, given in getattr(ours, "fields", {}).items():
            official_field = theirs.fields[field]
            assert str(given.type) == str(official_field.type), f"{name}.{field}"
            assert signature(given).items() <= signature(official_field).items(), f"{name}.{field}"


@pytest.mark.parametrize("name", QUERIES)
def test_the_clients_queries_fit_githubs_schema(official: graphql.GraphQLSchema, name: str) -> None:
    query = graphql.parse(QUERIES[name])
    assert graphql.validate(official, query) == []
    assert graphql.validate(SCHEMA, query) == []


def points(query: str, **variables: Any) -> tuple[int, int]:
    document = graphql.parse(query)
    spent = cost(SCHEMA, document, graphql.get_operation_ast(document), variables)
    return spent.points, spent.nodes


def test_a_query_costs_a_hundredth_of_the_requests_that_would_fill_its_connections() -> None:
    one = 'query { repository(owner: "a", name: "b") { pullRequests(first: 5) { nodes { number } } } }'
    assert points(one) == (1, 5)
    nested = (  # 1 + 100 + 100 · 50 requests, as in the example of GitHub's documentation
        'query { repository(owner: "a", name: "b") { pullRequests(first: 100) { nodes { commits(first: 50)'
        " { nodes { commit { parents(first: 60) { nodes { oid } } } } } } } } }"
    )
    assert points(nested) == (51, 100 + 100 * 50 + 100 * 50 * 60)
    ours = {"first": 50, "commits": 25, "reviews": 50}
    assert points(github_queries.PULL_REQUESTS, **ours, withFiles=False)[0] == 14
    assert points(github_queries.PULL_REQUESTS, **ours, withFiles=True)[0] == 15


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_cursors_go_forwards_and_backwards_through_the_same_list(simulator: Running, direction: str) -> None:
    def page(**arguments: Any) -> dict[str, Any]:
        return ask(simulator, NUMBERS, direction=direction, **arguments).json()["data"]["repository"]["pullRequests"]

    whole = page(first=100)
    assert len(whole["nodes"]) == whole["totalCount"] > 10
    times = [node["updatedAt"] for node in whole["nodes"]]
    assert times == sorted(times, reverse=direction == "DESC")
    forwards, found = [], page(first=4)
    while True:
        forwards += found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            break
        found = page(first=4, after=found["pageInfo"]["endCursor"])
    backwards, found = [], page(last=4)
    while True:
        backwards = found["nodes"] + backwards
        if not found["pageInfo"]["hasPreviousPage"]:
            break
        found = page(last=4, before=found["pageInfo"]["startCursor"])
    assert forwards == backwards == whole["nodes"]


def test_points_are_counted_and_told_apart_from_requests(simulator: Running, limited: dict) -> None:
    query = "query { rateLimit { cost limit remaining used resetAt nodeCount } }"
    first = ask(simulator, query)
    second = ask(simulator, query, path="/github/api/graphql").json()["data"]["rateLimit"]
    told = first.json()["data"]["rateLimit"]
    assert (told["limit"], told["cost"], second["used"]) == (5000, 1, told["used"] + 1)
    assert first.headers["x-ratelimit-resource"] == "graphql"
    assert first.headers["x-ratelimit-remaining"] == str(told["remaining"])

    limited["github_points_limit"] = second["used"]
    refused = ask(simulator, query)
    assert refused.status_code == 200 and refused.headers["x-ratelimit-remaining"] == "0"
    assert [error["type"] for error in refused.json()["errors"]] == ["RATE_LIMITED"]
    headers = {"Authorization": "Bearer github-acme"}
    assert httpx.get(simulator.url + "/github/repos/acme/checkout", headers=headers).status_code == 200


def test_the_secondary_limit_is_of_both_apis(simulator: Running, limited: dict) -> None:
    limited["github_secondary_limit"] = 1
    simulator.world.github_limits.spend_minute("github-acme", limited)
    refused = ask(simulator, "query { rateLimit { cost } }")
    assert refused.status_code == 403 and int(refused.headers["retry-after"]) > 0


REPOSITORY = 'repository(owner: "acme", name: "%s")'


@pytest.mark.parametrize(
    ("inner", "kind", "path"),
    [
        (REPOSITORY % "nothing" + " { nameWithOwner }", "NOT_FOUND", ["repository"]),
        ('repository(owner: "initech", name: "ledger") { nameWithOwner }', "NOT_FOUND", ["repository"]),
        (REPOSITORY % "checkout" + " { pullRequest(number: 999999) { title } }", "NOT_FOUND", None),
        (REPOSITORY % "checkout" + " { pullRequests { totalCount } }", "MISSING_PAGINATION_BOUNDARIES", None),
        (REPOSITORY % "checkout" + " { pullRequests(first: 101) { totalCount } }", "EXCESSIVE_PAGINATION", None),
        (
            REPOSITORY % "checkout" + " { pullRequests(first: 100) { nodes { commits(first: 100) { nodes { commit"
            " { parents(first: 100) { totalCount } } } } } } }",
            "MAX_NODE_LIMIT_EXCEEDED",
            None,
        ),
        (
            REPOSITORY % "checkout" + ' { pullRequests(first: 1, after: "zz") { totalCount } }',
            "INVALID_CURSOR_ARGUMENTS",
            None,
        ),
    ],
)
def test_what_is_refused_is_told_in_a_200(simulator: Running, inner: str, kind: str, path: list | None) -> None:
    answer = ask(simulator, f"query {{ {inner} }}")
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error["type"] == kind and error["message"]
    assert path is None or (error["path"] == path and answer.json()["data"] == {"repository": None})


@pytest.mark.parametrize("query", ["query { nothing }", "query {", "query ($n: Int!) { rateLimit { cost } }"])
def test_a_bad_query_has_no_data(simulator: Running, query: str) -> None:
    answer = ask(simulator, query)
    assert answer.status_code == 200 and "data" not in answer.json() and answer.json()["errors"][0]["message"]


def test_who_may_not_ask_gets_a_401(simulator: Running) -> None:
    assert [ask(simulator, "query { rateLimit { cost } }", token).status_code for token in ("", "nobody")] == [401, 401]
    headers = {"Authorization": "Bearer github-acme"}
    assert httpx.post(simulator.url + "/github/graphql", json={"query": 1}, headers=headers).status_code == 400


def test_a_former_name_is_followed(simulator: Running) -> None:
    query = 'query { repository(owner: "acme", name: "checkout-old") { nameWithOwner } }'
    assert ask(simulator, query).json()["data"]["repository"] == {"nameWithOwner": "acme/checkout"}

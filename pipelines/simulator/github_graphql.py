"""GitHub's GraphQL API over the companies' repositories: points, limits, errors; graphql-core runs the queries."""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from uuid import uuid4

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from litestar import Request, Response, post

from pipelines.simulator.clock import iso
from pipelines.simulator.github_answers import Asked, account_of, is_deleted, token_of
from pipelines.simulator.github_graphql_cost import Cost, cost
from pipelines.simulator.github_graphql_nodes import root
from pipelines.simulator.github_limits import Refused
from pipelines.simulator.github_points import Balance

DOCS = "https://docs.github.com/graphql"


@cache
def schema() -> GraphQLSchema:
    return build_schema(files("pipelines.simulator").joinpath("github_graphql.graphql").read_text())


@post(["/github/graphql", "/github/api/graphql"], status_code=200)
async def answer_query(request: Request) -> Response:
    """One query. What is wrong with it is told in the body of a 200, as GitHub does."""
    world, token = request.app.state.world, token_of(request)
    is_open = any(replay.github.token is None for replay in world.replays.values())
    if not token or (world.github_by_token(token) is None and not is_open):
        raise Refused(
            401,
            "Bad credentials" if token else "This endpoint requires you to be authenticated.",
            documentation_url=DOCS,
        )
    text, variables, name = _asked_for(await request.body())
    world.github_limits.spend_minute(token, world.settings)
    balance = world.github_points.balance(token, world.settings)
    if balance.remaining <= 0:
        limited = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
        return _response({"errors": [limited]}, balance)
    try:
        document, operation, values = _prepared(text, variables, name)
        spent = cost(schema(), document, operation, values)
    except _Invalid as error:
        return _response({"errors": [_shown(one) for one in error.errors]}, balance)
    except GraphQLError as error:
        return _response({"errors": [_shown(error)]}, balance)
    balance = world.github_points.spend(token, spent.points, world.settings)

    def found(owner: str, repository: str) -> Asked | None:
        store = world.github(owner)
        if store is None or store.token not in (None, account_of(token)):
            return None
        present = store.resolve(f"{owner}/{repository}")
        if not present or is_deleted(world, store, present):
            return None
        return Asked(request, world, store, token, present, {})

    result = execute_sync(
        schema(),
        document,
        root(found, lambda: _rate_limit(spent, balance)),
        variable_values=variables,
        operation_name=name,
    )
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_shown(error) for error in result.errors]
    return _response(body, balance)


class _Invalid(Exception):
    """The query does not fit the schema, or its variables not the query."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


def _asked_for(body: bytes) -> tuple[str, dict[str, Any], str | None]:
    """Query, variables and the operation's name. Raises Refused."""
    try:
        asked = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Refused(400, "Problems parsing JSON", documentation_url=DOCS) from None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise Refused(400, "A query attribute must be specified and must be a string.", documentation_url=DOCS)
    variables = asked.get("variables") or {}
    if not isinstance(variables, dict):
        raise Refused(400, "Variables must be an object.", documentation_url=DOCS)
    return asked["query"], variables, asked.get("operationName")


def _prepared(
    text: str, variables: Mapping[str, Any], name: str | None
) -> tuple[DocumentNode, OperationDefinitionNode, dict[str, Any]]:
    """The query, parsed and valid, with the values of its variables. Raises GraphQLError or _Invalid."""
    document = _parsed(text)
    operation = get_operation_ast(document, name)
    if operation is None:
        raise GraphQLError("An operation name is required" if name is None else f'No operation named "{name}"')
    values = get_variable_values(schema(), operation.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        raise _Invalid(values)
    return document, operation, values


@lru_cache(maxsize=64)
def _parsed(text: str) -> DocumentNode:
    document = parse(text)
    errors = validate(schema(), document)
    if errors:
        raise _Invalid(errors)
    return document


def _rate_limit(spent: Cost, balance: Balance) -> dict[str, Any]:
    return {
        "cost": spent.points,
        "limit": balance.limit,
        "nodeCount": spent.nodes,
        "remaining": balance.remaining,
        "resetAt": iso(balance.reset),
        "used": balance.used,
    }


def _shown(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub writes it: its type beside its message."""
    shown = error.formatted
    kind = (error.extensions or {}).get("type")
    return {
        **({"type": kind} if kind else {}),
        **({"path": shown["path"]} if shown.get("path") else {}),
        **({"locations": shown["locations"]} if shown.get("locations") else {}),
        "message": shown["message"],
    }


def _response(body: dict[str, Any], balance: Balance) -> Response:
    headers = {
        **balance.headers(),
        "X-GitHub-Media-Type": "github.v4; format=json",
        "X-GitHub-Request-Id": uuid4().hex[:24].upper(),
    }
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json; charset=utf-8")


HANDLERS = [answer_query]

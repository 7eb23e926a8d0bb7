"""What a GraphQL query costs at GitHub, before it is run: points and nodes, by the limits of its connections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values, get_directive_values

MOST_A_PAGE, MOST_NODES = 100, 500_000


@dataclass
class Cost:
    """`requests`: how many it would take to fill every connection to its limit. `nodes`: how many they could hold."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        return max(1, round(self.requests / 100))


def cost(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Cost:
    """Raises GraphQLError where a connection has no limit or too large a one, or the nodes are too many."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    walk = _Walk(schema, fragments, dict(variables))
    walk.fields(operation, schema.query_type, 1, ())
    if walk.cost.nodes > MOST_NODES:
        text = (
            f"This query requests up to {walk.cost.nodes:,} possible nodes which exceeds the maximum limit of"
            f" {MOST_NODES:,}."
        )
        raise GraphQLError(text, extensions={"type": "MAX_NODE_LIMIT_EXCEEDED"})
    return walk.cost


class _Walk:
    """Through the selections of a valid query. A connection inside another is asked for once for each of its nodes."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self.cost = Cost()
        self._schema, self._fragments, self._variables = schema, fragments, variables

    def fields(self, holder: Any, kind: Any, times: int, path: tuple[str, ...]) -> None:
        for node in holder.selection_set.selections if holder.selection_set else ():
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                self._field(node, kind, times, (*path, node.name.value))
                continue
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)
            on = fragment.type_condition
            self.fields(fragment, self._schema.get_type(on.name.value) if on else kind, times, path)

    def _field(self, node: FieldNode, kind: Any, times: int, path: tuple[str, ...]) -> None:
        name = node.name.value
        if name.startswith("__"):
            return
        definition = kind.fields[name]
        inner = get_named_type(definition.type)
        if inner.name.endswith("Connection"):
            size = self._size(get_argument_values(definition, node, self._variables), node, path)
            self.cost.requests += times
            self.cost.nodes += times * size
            times *= size
        self.fields(node, inner, times, path)

    def _size(self, given: dict[str, Any], node: FieldNode, path: tuple[str, ...]) -> int:
        name = node.name.value
        for bound in ("first", "last"):
            size = given.get(bound)
            if size is None:
                continue
            if not 1 <= size <= MOST_A_PAGE:
                text = (
                    f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of"
                    f" {MOST_A_PAGE} records."
                )
                raise GraphQLError(text, node, path=path, extensions={"type": "EXCESSIVE_PAGINATION"})
            return size
        text = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphQLError(text, node, path=path, extensions={"type": "MISSING_PAGINATION_BOUNDARIES"})

    def _is_wanted(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

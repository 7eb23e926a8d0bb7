"""/openapi.json: Litestar's description of the hand-written routes, and one of each mart from its contract."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Litestar

from api import kinds
from api.errors import Failure
from api.filters import DEFAULT_LIMIT, LARGEST_LIMIT
from api.registry import Registry
from api.responses import Meta
from api.routes import mart_paths
from api.shape import Shape, Shown

FAILURES = {
    "400": "A parameter is unknown or cannot be read; `details` names it.",
    "401": "No valid access token.",
    "503": "Not published yet, being replaced, or too busy; Retry-After says when to try again.",
}
ANSWERS = {  # Litestar's words come from the standard library's list of statuses
    "Request fulfilled, document follows": "The answer.",
    "Request accepted, processing continues off-line": "Begun; it goes on after this answer.",
    "Document created, URL follows": "Made.",
    "Request fulfilled, nothing follows": "Done; there is nothing to answer.",
}
WORDS = {
    "eq": "equals",
    "ne": "is not this (rows without a value included)",
    "in": "is one of these, separated by commas",
    "gt": "is greater than",
    "gte": "is this or greater",
    "lt": "is less than",
    "lte": "is this or less",
}
EXAMPLES = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "uuid": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "integer": 5,
    "number": 0.5,
    "boolean": True,
    "string": "text",
}


def describe(app: Litestar, registry: Registry) -> bytes:
    """The whole document as JSON."""
    document = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, own = msgspec.json.schema_components([Failure, Meta], ref_template="#/components/schemas/{name}")
    schemas.update(own)
    for path, item in document["paths"].items():
        for operation in item.values():
            _complete(operation, is_public=_is_public(app, path))
    for shape in sorted(registry.shapes.values(), key=lambda shape: (shape.mart.area, shape.name)):
        schemas[shape.row.__name__] = _row(shape)
        document["paths"][f"/api/v1/marts/{shape.name}"] = {"get": _operation(shape)}
    for path, place in mart_paths.PATHS.items():
        if place.mart in registry.shapes:
            document["paths"][path] = {"get": _alias(path, place, registry.shapes[place.mart])}
    areas = {shape.mart.area for shape in registry.shapes.values()}
    document["tags"] = [{"name": area, "description": f"Marts of the area {area}."} for area in sorted(areas)]
    document["servers"] = [{"url": "/"}]
    return msgspec.json.encode(document)


def _is_public(app: Litestar, path: str) -> bool:
    routes = (route for route in app.routes if getattr(route, "path_format", None) == path)
    return any(handler.opt.get("public") for route in routes for handler in getattr(route, "route_handlers", ()))


def _complete(operation: dict[str, Any], is_public: bool) -> None:
    """What Litestar cannot know: who may call, and how errors look."""
    if not is_public:
        operation["security"] = [{"accessToken": []}]
    kept = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
    for answer in kept.values():
        answer["description"] = ANSWERS.get(answer["description"], answer["description"])
    operation["responses"] = {**kept, **_failures()}


def _failures() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    return {code: {"description": words, "content": content} for code, words in FAILURES.items()}


def _operation(shape: Shape) -> dict[str, Any]:
    name, row = shape.name, shape.row.__name__
    page = {
        "type": "object",
        "required": ["success", "data", "message", "meta"],
        "properties": {
            "success": {"const": True},
            "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{row}"}},
            "message": {"type": "string"},
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    }
    content = {
        "application/json": {"schema": page},
        "text/csv": {"schema": {"type": "string"}},
        "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
    }
    return {
        "operationId": f"Read{row}",
        "summary": shape.mart.description.partition(". ")[0].rstrip("."),
        "description": shape.mart.description,
        "tags": [shape.mart.area],
        "security": [{"accessToken": []}],
        "parameters": [*_filters(shape), *_others(shape)],
        "responses": {
            "200": {"description": f"Rows of {name}.", "content": content},
            "304": {"description": "Unchanged since the answer whose ETag was sent as If-None-Match."},
            **_failures(),
        },
    }


def _alias(path: str, place: mart_paths.Place, shape: Shape) -> dict[str, Any]:
    """A mart at a path of the documents. What the path filters by is no parameter there."""
    operation = _operation(shape)
    query = urlencode(place.filters)
    return {
        **operation,
        "operationId": f"Read{path.removeprefix('/api/v1').title().replace('/', '').replace('-', '')}Alias",
        "summary": f"The same as GET /api/v1/marts/{shape.name}{'?' if query else ''}{query}",
        "parameters": [one for one in operation["parameters"] if one["name"] not in place.filters],
        "tags": ["same handlers, other paths"],
    }


def _filters(shape: Shape) -> list[dict[str, Any]]:
    listed = []
    for parameter, (column_name, operator) in shape.parameters.items():
        column = shape.shown[column_name]
        relation = f"contains ({WORDS[operator]})" if column.is_list else WORDS[operator]
        schema = {"type": "string"} if operator == "in" else column.kind.schema
        listed.append(_parameter(parameter, f"{column_name} {relation}. {column.words}", schema))
    return listed


def _others(shape: Shape) -> list[dict[str, Any]]:
    order = ",".join(shape.default_order)
    large = LARGEST_LIMIT["csv"]
    limit = {"type": "integer", "minimum": 1, "maximum": large, "default": DEFAULT_LIMIT}
    kind = {"type": "string", "enum": list(LARGEST_LIMIT), "default": "json"}
    return [
        _parameter("order", f"Columns to sort by, `-` for descending. Default: `{order}`.", {"type": "string"}),
        _parameter("limit", f"Rows of a page: up to {LARGEST_LIMIT['json']} as JSON, {large} as CSV or Arrow.", limit),
        _parameter(
            "cursor", "`meta.next_cursor` of the page before, with the same filters and order.", {"type": "string"}
        ),
        _parameter("fields", "Only these columns, separated by commas.", {"type": "string"}),
        _parameter("format", "The format, where the Accept header cannot be set.", kind),
    ]


def _parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": words.strip(), "schema": schema}


def _row(shape: Shape) -> dict[str, Any]:
    return {
        "title": shape.row.__name__,
        "type": "object",
        "description": shape.mart.description,
        "required": list(shape.shown),
        "properties": {column.name: _property(column) for column in shape.shown.values()},
    }


def _property(column: Shown) -> dict[str, Any]:
    one = dict(column.kind.schema)
    schema: dict[str, Any] = {"type": "array", "items": one} if column.is_list else one
    if "type" in schema and not column.not_null:
        schema["type"] = [schema["type"], "null"]
    example = EXAMPLES.get(one.get("format", "")) or EXAMPLES.get(column.kind.schema.get("type", ""))
    if column.kind is not kinds.KINDS["jsonb"] and not column.is_list:
        schema["examples"] = [example]
    return {**schema, "description": column.words}

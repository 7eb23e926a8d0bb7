"""Postgres' SQL of the models as DuckDB's, where sqlglot's own translation stops short."""

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp

JSON_LISTS = {"jsonb_array_elements": "json_extract({}, '$[*]')", "jsonb_array_elements_text": "({} ->> '$[*]')"}


def translate(text: str) -> str:
    """One query. Raises sqlglot.ParseError for what is none."""
    tree = sqlglot.parse_one(text, read="postgres")
    for node in list(tree.find_all(exp.Lateral, exp.Table)):
        _unnest(node)
    return tree.transform(_rewrite).sql(dialect="duckdb")


def _unnest(node: exp.Expression) -> None:
    """A function among the tables becomes a subquery that unnests a list."""
    called = node.this
    if not isinstance(called, exp.Func):
        return
    items = _items(called)
    if items is None:
        return
    given = node.args.get("alias")
    names = [column.name for column in given.args.get("columns") or []] if given else []
    alias = given.name if given and given.name else "given"
    first = names[0] if names else alias
    second = f", generate_subscripts(items, 1) as {names[1]}" if len(names) > 1 else ""
    query = f"select unnest(items) as {first}{second} from (select {items} as items) as listed"
    inner = exp.Subquery(
        this=sqlglot.parse_one(query, read="duckdb"), alias=exp.TableAlias(this=exp.to_identifier(alias))
    )
    if isinstance(node, exp.Lateral):
        inner = exp.Lateral(this=inner.this.subquery(), alias=inner.args["alias"])
    node.replace(inner)


def _items(called: exp.Func) -> str | None:
    """The list that a set-returning function goes through, as DuckDB's SQL."""
    name = called.name.lower() if isinstance(called, exp.Anonymous) else called.sql_name().lower()
    arguments = called.expressions if isinstance(called, exp.Anonymous) else list(called.args.values())
    if name == "regexp_matches":
        return _matches(*arguments)
    if name in JSON_LISTS:
        return JSON_LISTS[name].format(_duck(arguments[0]))
    if name == "string_to_table":
        return f"string_split({_duck(arguments[0])}, {_duck(arguments[1])})"
    if isinstance(called, exp.GenerateSeries) and not called.args.get("step"):
        return f"generate_series({_duck(called.args['start'])}, {_duck(called.args['end'])})::int[]"
    return None


def _matches(text: exp.Expression, pattern: exp.Expression, flags: exp.Expression | None = None) -> str:
    """All groups of all matches; a group that took no part is null in Postgres and empty in DuckDB."""
    letters = flags.name if flags else ""
    own = _pattern(pattern.name, "i" in letters)
    count = re.compile(pattern.name.replace(r"\y", r"\b")).groups
    groups = [f"regexp_extract_all({_duck(text)}, '{own}', {n})" for n in range(1, count + 1)]
    each = ", ".join(f"nullif(z[{n}], '')" for n in range(1, len(groups) + 1))
    found = f"list_transform(list_zip({', '.join(groups)}), lambda z: [{each}])"
    return found if "g" in letters else f"({found})[1:1]"


def _pattern(pattern: str, ignores_case: bool = False) -> str:
    """DuckDB's regular expressions know the border of a word by another letter, and flags inside."""
    return ("(?i)" if ignores_case else "") + pattern.replace(r"\y", r"\b").replace("'", "''")


def _duck(node: exp.Expression) -> str:
    return node.transform(_rewrite).sql(dialect="duckdb")


def _rewrite(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Select) and not node.expressions:
        return node.select("1", copy=False)
    if isinstance(node, exp.Like) and isinstance(node.expression, exp.Any):
        return _like_any(node)
    if (
        isinstance(node, exp.EQ)
        and isinstance(node.expression, exp.Any)
        and (chosen := node.expression.find(exp.Select))
    ):
        return exp.In(this=node.this, query=chosen.subquery())  # an array of rows there, the rows here
    if isinstance(node, exp.Bracket) and isinstance(node.this, exp.Paren | exp.Anonymous):
        called = node.this.unnest()
        if isinstance(called, exp.Anonymous) and called.name.lower() == "regexp_match":
            text, pattern = called.expressions
            return _parsed(f"nullif(regexp_extract({_duck(text)}, '{_pattern(pattern.name)}', 1), '')")
    if isinstance(node, exp.Literal):
        return _literal(node)
    if isinstance(node, exp.Substring) and isinstance(start := node.args["start"], exp.Literal) and start.is_string:
        return _parsed(f"nullif(regexp_extract({_duck(node.this)}, '{_pattern(start.name)}', 1), '')")
    if isinstance(node, exp.WidthBucket):
        bounds, value = _duck(node.args["threshold"]), _duck(node.this)
        return _parsed(f"len(list_filter({bounds}, lambda bound: bound <= {value}))")
    if isinstance(node, exp.JSONBExtractScalar):
        path = ".".join(["$", *filter(None, node.expression.name.strip("{}").split(","))])
        return _parsed(f"({_duck(node.this)} ->> '{path}')")
    if isinstance(node, exp.Cast) and node.to.is_type("array") and node.this.name == "{}":
        return exp.Cast(this=exp.Literal.string("[]"), to=node.to)
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.DECIMAL and not node.expressions:
        return exp.DataType.build("double")
    if isinstance(node, exp.Sub) and node.this.unnest().name.lower() in ("to_json", "to_jsonb"):
        return _parsed(_duck(node.this))  # with the key that Postgres takes out: nobody reads it
    if isinstance(node, exp.ToChar | exp.TimeToStr) and set(node.args["format"].name) == {"0"}:
        return _parsed(f"printf('%0{len(node.args['format'].name)}d', {_duck(node.this)})")
    if isinstance(node, exp.Anonymous) and (write := FUNCTIONS.get(node.name.lower())):
        return _parsed(write(*map(_duck, node.expressions)))
    return node


def _literal(node: exp.Literal) -> exp.Expression:
    if not node.is_string:  # a decimal of eighteen digits overflows where a numeric does not
        return _parsed(f"{node.name}e0") if "." in node.name else node
    if re.fullmatch(r"\d{4}-\d\d-\d\dZ", node.name):
        return exp.Literal.string(f"{node.name[:-1]} 00:00:00Z")
    if node.name == "{}" and isinstance(node.parent, exp.Coalesce):
        return exp.Literal.string("[]")
    return exp.Literal.string(node.name.replace(r"\y", r"\b"))


def _like_any(node: exp.Like) -> exp.Expression:
    patterns = node.expression.this.unnest()
    if not isinstance(patterns, exp.Query):  # an array
        return _parsed(f"len(list_filter({_duck(patterns)}, lambda each: {_duck(node.this)} like each)) > 0")
    column = patterns.expressions[0].unalias()
    where = exp.Like(this=_parsed(_duck(node.this)), expression=column.copy())
    return exp.Exists(this=patterns.copy().select("1", append=False).where(where))


def _parsed(text: str) -> exp.Expression:
    return sqlglot.parse_one(text, read="duckdb")


FUNCTIONS: dict[str, Callable[..., str]] = {
    "cardinality": lambda x: f"len({x})",
    "jsonb_typeof": lambda x: f"lower(json_type({x}))",
    "to_jsonb": lambda x: f"to_json({x})",
    "jsonb_build_object": lambda *pairs: f"json_object({', '.join(f'({each})' for each in pairs)})",
    "jsonb_agg": lambda x: f"list({x})",
    "pg_input_is_valid": lambda x, kind: (
        f"json_valid({x})" if "json" in kind else f"(try_cast({x} as timestamptz) is not null)"
    ),
}

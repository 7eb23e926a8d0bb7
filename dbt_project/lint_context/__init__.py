"""What dbt gives a model, for sqlfluff, which renders the models without dbt and without a database.

Models are linted in their incremental form, which holds the whole one and more.
"""

from types import SimpleNamespace
from typing import Any


class _Config:
    """The model's config block: renders as nothing, and remembers nothing but that lists are asked for."""

    def __call__(self, **settings: Any) -> str:
        return ""

    def get(self, name: str, default: Any = None) -> Any:
        return ["tenant_id"] if default is None else default


class _Flags:
    FULL_REFRESH = False


class _Adapter:
    """The relations of a database in which everything has been built once."""

    def get_relation(self, *names: str) -> str:
        return ".".join(names)


class _Relation(str):
    """A relation's name that also answers what macros ask a relation for."""

    database, schema, identifier = "clearsignal", "build", "mart"

    def include(self, **parts: bool) -> "_Relation":
        return self


class _Nodes(dict[str, Any]):
    """Every model, with one declared series."""

    def __missing__(self, name: str) -> Any:
        series = {"created_issues": {"entity": "source", "value": "sum(n)", "n": "sum(n)"}}
        return SimpleNamespace(config=SimpleNamespace(meta={"series": series}))


def ref(name: str) -> _Relation:
    """A relation of that name."""
    return _Relation(name)


config = _Config()
flags = _Flags()
adapter = _Adapter()
this = _Relation("build.mart")
execute = True
project_name = "clearsignal"
graph = SimpleNamespace(nodes=_Nodes())

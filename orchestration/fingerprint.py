"""Which models' code changed since their tables were built. The answer lives with the tables, as a comment."""

import hashlib
import json

import psycopg
from psycopg import sql

from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

SCHEMA = "build"
_COMMENT = sql.SQL("comment on schema {} is {}")


def changed_models(warehouse: Warehouse, manifest: Manifest) -> list[str]:
    """Models whose SQL, macros or columns differ from what the tables were built by; [] where none was built."""
    with warehouse.connect("transformer") as connection:
        built = _recorded(connection)
    now = _current(manifest)
    return sorted(name for name, code in built.items() if now.get(name, code) != code) if built else []


def is_known(warehouse: Warehouse, manifest: Manifest) -> bool:
    """Whether all that is built was built by this code, in builds that came to their end."""
    with warehouse.connect("transformer") as connection:
        return _recorded(connection) == _current(manifest)


def forget(warehouse: Warehouse) -> None:
    """What is built is a mixture until a rebuild of all ends well: even the code before is then a change."""
    mixed = sql.Literal(json.dumps({"macros": "of two kinds"}))
    with warehouse.connect("transformer") as connection:
        connection.execute(_COMMENT.format(sql.Identifier(SCHEMA), mixed))


def record(warehouse: Warehouse, manifest: Manifest) -> None:
    """Remember the code that built the tables as they are now."""
    text = sql.Literal(json.dumps(_current(manifest), separators=(",", ":")))
    with warehouse.connect("transformer") as connection:
        connection.execute(_COMMENT.format(sql.Identifier(SCHEMA), text))


def _recorded(connection: psycopg.Connection) -> dict[str, str]:
    row = connection.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", [SCHEMA]).fetchone()
    try:
        return dict(json.loads(row[0])) if row and row[0] else {}
    except ValueError:
        return {}


def _current(manifest: Manifest) -> dict[str, str]:
    """A hash a model, and one of all macros: which macro a model uses, dbt tells differently from parse to parse."""
    own = [macro for name, macro in manifest.content["macros"].items() if name.startswith("macro.clearsignal.")]
    found = {"macros": _hash(sorted(macro["macro_sql"] for macro in own))}
    for node in manifest.tables.values():
        code = node.get("raw_code") or node["checksum"]["checksum"]
        found[node["name"]] = _hash(
            [code, [(each["name"], each.get("data_type")) for each in node["columns"].values()]]
        )
    return found


def _hash(what: object) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:8]

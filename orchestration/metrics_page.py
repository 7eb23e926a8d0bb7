"""One page of all figures, from the models' own YAML: what a team agrees on, without a way through the lineage."""

from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment

from orchestration.models import Manifest

METRICS_OF = "dora_summary"  # its column `metric` names them, and each has a docs block


def page(manifest: Manifest) -> str:
    """The page as HTML. Whatever the descriptions say is text in it."""
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        files("orchestration").joinpath("metrics_page.html").read_text("utf-8")
    )
    marts = sorted(_marts(manifest), key=lambda mart: (mart["area"], mart["name"]))
    areas = [{"name": area, "marts": list(found)} for area, found in groupby(marts, key=lambda mart: mart["area"])]
    return template.render(areas=areas, metrics=_metrics(manifest))


def _marts(manifest: Manifest) -> list[dict[str, Any]]:
    """Every mart that the API serves: its grain and the columns that have a unit."""
    found = []
    for node in manifest.tables.values():
        api = _meta(node).get("api")
        if node["resource_type"] != "model" or not api:
            continue
        columns = node["columns"].values()
        figures = [
            {"name": one["name"], "unit": _meta(one)["unit"], "description": one["description"].strip()}
            for one in columns
            if _meta(one).get("unit")
        ]
        found.append({
            "name": node["name"],
            "area": node["fqn"][-2],
            "description": node["description"].strip(),
            "grain": [name.replace("_", " ") for name in api["grain"]],
            "figures": figures,
        })  # fmt: skip
    return found


def _metrics(manifest: Manifest) -> list[tuple[str, str]]:
    """The delivery metrics with what they mean, in the order of the contract."""
    blocks = {doc["name"]: doc["block_contents"] for doc in manifest.content["docs"].values()}
    accepted = [
        test["test_metadata"]["kwargs"]["values"]
        for test in manifest.tests.values()
        if test.get("column_name") == "metric" and (test.get("attached_node") or "").endswith(f".{METRICS_OF}")
    ]
    return [(name, " ".join(blocks[name].split())) for values in accepted for name in values]


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}

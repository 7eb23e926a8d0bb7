"""dbt's manifest as Dagster sees it: which model belongs to which step, its asset key, its words."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg

FIRST, ATTRIBUTED, FORECAST = 1, 2, 3
# A model runs after the Python assets whose tables it reads, directly or through others.
STEP_AFTER = {
    "commit_deployments": ATTRIBUTED,
    "sentiments": ATTRIBUTED,
    "issue_mentions": ATTRIBUTED,
    "similar_issues": ATTRIBUTED,
    "duplicate_members": ATTRIBUTED,
    "forecasts": FORECAST,
    "anomalies": FORECAST,
    "kpi_trends": FORECAST,
    "delivery_forecasts": FORECAST,
    "throughput_forecasts": FORECAST,
    "story_point_estimates": FORECAST,
}
LAYERS = ("staging", "intermediate")
MAX_FIRST_SENTENCE = 55  # what the catalog shows of a description


class NoManifest(Exception):
    """dbt has not parsed the project yet. The message says what to do."""


@dataclass(frozen=True)
class Manifest:
    """What `dbt parse` wrote, read-only."""

    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Raise NoManifest where the file is missing or half written."""
        try:
            return cls(json.loads(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise NoManifest(f"{path} cannot be read ({error}). Do: make up, which parses the dbt project.") from None

    @cached_property
    def tables(self) -> dict[str, dict[str, Any]]:
        """Models and seeds by unique id."""
        kinds = ("model", "seed")
        return {key: node for key, node in self.content["nodes"].items() if node["resource_type"] in kinds}

    @cached_property
    def tests(self) -> dict[str, dict[str, Any]]:
        """Data tests by unique id."""
        return {key: node for key, node in self.content["nodes"].items() if node["resource_type"] == "test"}

    @cached_property
    def steps(self) -> dict[str, int]:
        """The step of every model, seed and data test."""
        known: dict[str, int] = {}

        def step(unique_id: str) -> int:
            if unique_id not in known:
                source = self.content["sources"].get(unique_id)
                if source:
                    known[unique_id] = STEP_AFTER.get(source["name"], FIRST) if source["schema"] == "ml" else FIRST
                else:
                    parents = self.content["nodes"].get(unique_id, {}).get("depends_on", {}).get("nodes", [])
                    known[unique_id] = max((step(parent) for parent in parents), default=FIRST)
            return known[unique_id]

        return {unique_id: step(unique_id) for unique_id in [*self.tables, *self.tests]}

    @cached_property
    def depths(self) -> dict[str, int]:
        """How many tables lie between each table and the sources: parents have the smaller number."""
        known: dict[str, int] = {}

        def depth(unique_id: str) -> int:
            if unique_id not in known:
                parents = self.tables[unique_id]["depends_on"].get("nodes", [])
                known[unique_id] = 1 + max((depth(parent) for parent in parents if parent in self.tables), default=0)
            return known[unique_id]

        return {unique_id: depth(unique_id) for unique_id in self.tables}

    def of_step(self, step: int) -> dict[str, dict[str, Any]]:
        """The models and seeds that one step builds, parents first."""
        chosen = [unique_id for unique_id in self.tables if self.steps[unique_id] == step]
        return {key: self.tables[key] for key in sorted(chosen, key=lambda key: (self.depths[key], key))}

    def tests_of_step(self, step: int) -> dict[str, dict[str, Any]]:
        """The tests whose last parent is built by one step."""
        return {key: node for key, node in self.tests.items() if self.steps[key] == step}

    @cached_property
    def marts(self) -> list[dict[str, Any]]:
        """The models that are published."""
        return [node for node in self.tables.values() if is_mart(node)]

    def parents(self, node: Mapping[str, Any]) -> Iterator[dg.AssetKey]:
        """The assets a model reads. Service tables (schema app) are no assets."""
        for unique_id in dict.fromkeys(node["depends_on"].get("nodes", [])):
            source = self.content["sources"].get(unique_id)
            if source and source["schema"] != "app":
                yield dg.AssetKey([source["schema"], source["identifier"]])
            elif unique_id in self.tables:
                yield key(self.tables[unique_id])

    def raw_tables(self, schemas: Collection[str]) -> set[dg.AssetKey]:
        """The tables of these schemas that models read."""
        sources = self.content["sources"].values()
        return {dg.AssetKey([one["schema"], one["identifier"]]) for one in sources if one["schema"] in schemas}

    def group(self, node: Mapping[str, Any]) -> str:
        """The group of a table. What an intermediate model computes from a mart belongs to the mart's area."""
        if node["schema"] == "intermediate" and node["resource_type"] == "model":
            parents = [self.tables[p] for p in node["depends_on"].get("nodes", []) if p in self.tables]
            areas = [self.group(parent) for parent in parents if self.group(parent) not in LAYERS]
            if areas:
                return areas[0]
        return group(node)

    def tested_table(self, test: Mapping[str, Any], step: int) -> dict[str, Any] | None:
        """The table whose page shows the test: the one it is written under, if this step builds it."""
        candidates = [test.get("attached_node"), *test["depends_on"].get("nodes", [])]
        built = [unique_id for unique_id in candidates if self.steps.get(unique_id) == step]
        return self.tables[built[0]] if built else None


def is_mart(node: Mapping[str, Any]) -> bool:
    """A mart has an enforced contract and lives in schema build."""
    return node["schema"] == "build" and node["resource_type"] == "model"


def key(node: Mapping[str, Any]) -> dg.AssetKey:
    """[schema, table], so that dlt's, dbt's and Python's assets join in one graph."""
    return dg.AssetKey([node["schema"], node.get("alias") or node["name"]])


def meta(node: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A block of the model's `meta`."""
    return {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}.get(name) or {}


def group(node: Mapping[str, Any]) -> str:
    """The layer, or a mart's area. Seeds stand on the left, as staging reads them too."""
    if node["resource_type"] == "seed":
        return "staging"
    if node["schema"] in LAYERS:
        return node["schema"]
    return meta(node, "dagster").get("group") or node["fqn"][-2]


def words(node: Mapping[str, Any]) -> str:
    """The model's description; a staging view without one says what every staging view does."""
    text = re.sub(r"\s+", " ", node.get("description") or "").strip()
    if text:
        return text
    if node["schema"] == "staging":
        system, _, entity = node["name"].removeprefix("stg_").partition("__")
        return f"Raw {system} {entity}, renamed and cast."
    what = "Seed" if node["resource_type"] == "seed" else node["schema"].capitalize()
    return f"{what}: {node['name'].replace('__', ', ').replace('_', ' ')}."


def first_sentence(text: str) -> str:
    """What the catalog shows of a description."""
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def column_schema(node: Mapping[str, Any]) -> dg.TableSchema | None:
    """Names, types, words and units of the contract; None where the model declares no types."""
    columns = [
        dg.TableColumn(
            name=column["name"],
            type=column.get("data_type") or "text",
            description=column.get("description") or None,
            constraints=dg.TableColumnConstraints(
                nullable=not any(c.get("type") == "not_null" for c in column.get("constraints") or [])
            ),
            tags=_unit(column),
        )
        for column in node["columns"].values()
    ]
    return dg.TableSchema(columns=columns) if columns else None


def _unit(column: Mapping[str, Any]) -> dict[str, str]:
    unit = {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}.get("unit")
    return {"unit": re.sub(r"[^A-Za-z0-9._-]+", "_", str(unit))[:63]} if unit else {}


def check_name(test: Mapping[str, Any]) -> str:
    """The test's name without the model's, which the page says already."""
    attached = (test.get("attached_node") or "").rpartition(".")[2]
    name = test["name"]
    metadata = test.get("test_metadata")
    if metadata and attached and name.startswith(f"{metadata['name']}_{attached}"):
        rest = name.removeprefix(f"{metadata['name']}_{attached}").strip("_")
        name = f"{metadata['name']}_{rest}" if rest else metadata["name"]
    return re.sub(r"\W+", "_", name)[:80].strip("_")

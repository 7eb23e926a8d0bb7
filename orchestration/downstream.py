"""What hangs on some raw tables: the models and Python assets that their new rows can change."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from orchestration import models
from orchestration.assets import delivery, signals
from orchestration.models import Manifest

# Of whom and of what all is new: they hang on the packages, not on the raw tables that were told.
TOUCHED = ("int_tenants__seen", "int_tenants__touched", "int_issues__whole_sources", "int_pull_requests__news")
PYTHON = {spec.key: spec for asset in (*delivery.ASSETS, *signals.ASSETS) for spec in asset.specs}
# Every text counts in what the words of all others weigh, so one that changed has a whole tenant compared anew.
BY_WHOLE_BUILDS = {"similar_issues", "duplicate_members"}


@dataclass(frozen=True)
class Part:
    """A part of the graph, without forecasts, comparisons of texts, and what says `live: false` in its meta."""

    steps: dict[int, list[dict[str, Any]]]  # the models to build by step, parents first; views stand as they are
    python: set[str]  # names of Python assets, which run between the two steps
    tests: dict[str, dict[str, Any]] = field(repr=False)  # by unique id

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The models of all steps."""
        return [node for nodes in self.steps.values() for node in nodes]

    @property
    def marts(self) -> dict[str, dict[str, Any]]:
        """The marts among the models."""
        return {node["name"]: node for node in self.nodes if models.is_mart(node)}


def part(manifest: Manifest, raw: Iterable[dg.AssetKey]) -> Part:
    """All that reads these raw tables, directly or through others, and the tests of it."""
    reached = _reached(manifest, raw)
    steps = {
        step: [
            node
            for node in manifest.of_step(step).values()
            if (models.key(node) in reached or node["name"] in TOUCHED)
            and node["resource_type"] == "model"
            and node["config"]["materialized"] != "view"
        ]
        for step in (models.FIRST, models.ATTRIBUTED)
    }
    tests = {
        unique_id: test
        for step in steps
        for unique_id, test in manifest.tests_of_step(step).items()
        if any(models.key(manifest.tables[p]) in reached for p in test["depends_on"]["nodes"] if p in manifest.tables)
    }
    return Part(steps, {key.path[-1] for key in reached & set(PYTHON)}, tests)


def is_live(node: dict[str, Any]) -> bool:
    """Whether a live build takes the model along; what nobody waits for seconds for is left to the next whole one."""
    return bool(node["config"].get("meta", {}).get("live", True))


def _reached(manifest: Manifest, raw: Iterable[dg.AssetKey]) -> set[dg.AssetKey]:
    readers: dict[dg.AssetKey, set[dg.AssetKey]] = defaultdict(set)
    for node in filter(is_live, manifest.tables.values()):
        for parent in manifest.parents(node):
            readers[parent].add(models.key(node))
    for key, spec in PYTHON.items():
        if models.STEP_AFTER[key.path[-1]] == models.ATTRIBUTED and key.path[-1] not in BY_WHOLE_BUILDS:
            for dep in spec.deps:
                readers[dep.asset_key].add(key)
    reached: set[dg.AssetKey] = set()
    waiting = list(raw)
    while waiting:
        for key in readers[waiting.pop()] - reached:
            reached.add(key)
            waiting.append(key)
    return reached

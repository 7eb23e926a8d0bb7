"""What the benches of whole builds share: a build as a transform does it, and what it cost the database."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import psycopg

import dbt_project
from orchestration import models
from orchestration.assets.delivery import READ
from orchestration.builds import Build
from orchestration.dbt import Dbt
from orchestration.models import Manifest
from pipelines.delivery import walk
from pipelines.warehouse.connection import Warehouse

SPILL = re.compile(r'temporary file: path "[^"]+", size (\d+)')
NODE = re.compile(r'"node_id": "[a-z]+\.clearsignal\.([a-z_0-9]+)"')


@dataclass
class Cost:
    """What one build cost. Seconds of the database are those in which its sessions were at work, added up."""

    database_seconds: float
    model_seconds: dict[str, float]  # by dbt's clock, which has its fixed cost in it
    spilled_bytes: dict[str, int] = field(default_factory=dict)  # of the models that wrote temporary files


class Transforms:
    """Builds of some areas' marts, and of all that they read."""

    def __init__(self, warehouse: Warehouse, areas: Collection[str] = ()) -> None:
        self.warehouse, self.areas = warehouse, areas
        self.dbt = Dbt(warehouse)
        self.dbt.parse()
        self.manifest = Manifest.read(dbt_project.manifest_path(warehouse.home))
        with psycopg.connect(warehouse.admin_url, autocommit=True) as database:
            database.execute("alter system set log_temp_files = 0")
            database.execute("select pg_reload_conf()")

    @cached_property
    def chosen(self) -> set[str]:
        """The unique ids of the models that are built."""
        todo = [node["unique_id"] for node in self.manifest.marts if not self.areas or node["fqn"][2] in self.areas]
        todo += [f"model.clearsignal.{name}" for name in READ]
        found: set[str] = set()
        while todo:
            if (unique_id := todo.pop()) in self.manifest.tables and unique_id not in found:
                found.add(unique_id)
                todo += self.manifest.tables[unique_id]["depends_on"].get("nodes", [])
        return found

    def run(self, full: bool = False) -> Cost:
        """One build. Raises RuntimeError where a model fails."""
        build = Build(self.warehouse)
        log = self._log_size()
        before = self.active_seconds()
        build.open(is_full=full)
        build.claim_packages()
        seconds: dict[str, float] = {}
        for step in (models.FIRST, models.ATTRIBUTED, models.FORECAST):
            if step == models.ATTRIBUTED:
                walk.first_deployments(self.warehouse, full=full)
            nodes = [node for key, node in self.manifest.of_step(step).items() if key in self.chosen]
            outcomes = self.dbt.run(nodes, full=full)
            if bad := [f"{one.unique_id}: {one.message}" for one in outcomes if one.status != "success"]:
                raise RuntimeError("\n".join(bad))
            seconds |= {one.unique_id.rpartition(".")[2]: one.seconds for one in outcomes}
        build.close("succeeded")
        return Cost(self.active_seconds() - before, seconds, self._spilled(log))

    def active_seconds(self) -> float:
        """Seconds in which sessions of the database were at work so far, added up."""
        with psycopg.connect(self.warehouse.admin_url) as database:
            query = "select active_time / 1000 from pg_stat_database where datname = current_database()"
            return database.execute(query).fetchone()[0]  # type: ignore[index]

    def _log_size(self) -> int:
        return (self.warehouse.home / "postgres" / "server.log").stat().st_size

    def _spilled(self, since: int) -> dict[str, int]:
        """Bytes by model, as the server's log tells them."""
        with (self.warehouse.home / "postgres" / "server.log").open(errors="replace") as file:
            file.seek(since)
            text = file.read()
        found: dict[str, int] = {}
        for line in re.split(r"\n(?=\d{4}-\d\d-\d\d .*LOG:)", text):
            if size := SPILL.search(line):
                node = NODE.search(line)
                name = node[1] if node else "commit walk"
                found[name] = found.get(name, 0) + int(size[1])
        return found

"""A full refresh of the marts of delivery and velocity by Postgres, against DuckDB doing the same models.

Both begin with typed staging tables in Postgres and end with tables in Postgres; DuckDB has two threads, and its data
are moved out and back by ADBC. Both are given in seconds of work: of Postgres' sessions at work, and for DuckDB of its
process too. The commit graph's walk is Python's (`attribution`), and given to both. `BENCH_PULLS` is the size.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import psycopg

import dbt_project
from orchestration.builds import Build
from pipelines import contracts
from pipelines.publish import publish
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks import syncs
from tests.benchmarks.duckdb_models import BACK, DuckModels, relation
from tests.benchmarks.large_company import Company
from tests.benchmarks.report import figure
from tests.benchmarks.transforms import Transforms

PULLS = int(os.environ.get("BENCH_PULLS", "20000").split(",")[-1])
GOAL = 1.5


def run() -> list[dict[str, Any]]:
    """The ratio with the moving of data, the pure one, what dbt and a publish cost beside, and marts that differ."""
    with syncs.warehouse("full") as warehouse:
        Company(warehouse, PULLS)
        transforms = Transforms(warehouse, ("delivery", "velocity"))
        transforms.run(full=True)
        _type_staging(warehouse, transforms)
        postgres, dbt, own = _by_postgres(transforms)
        duck = DuckModels(warehouse, transforms.manifest, _models(transforms))
        try:
            out = _work(transforms, duck.move_out)
            theirs: dict[str, float] = {}
            models = _work(transforms, lambda: theirs.update(duck.run()))
            back = _work(transforms, duck.move_back)
        finally:
            duck.close()
        began = time.process_time()
        published = transforms.active_seconds()
        publish(warehouse, contracts.read(dbt_project.manifest_path(warehouse.home)))
        published = transforms.active_seconds() - published + time.process_time() - began
        differing = _differing(warehouse, transforms)
    what = f"of {PULLS:,} pull requests, staging to build"

    def line(name: str, value: float, reference: float, goal: float) -> dict[str, Any]:
        return figure("full", name, value, "s", reference=reference, goal=goal, at_most=True)

    print(f"out of Postgres {out:.1f} s, models {models:.1f} s, back {back:.1f} s")
    print(f"dearest by the clock: Postgres {_dearest(own)}; DuckDB {_dearest(theirs)}")
    return [
        line(f"full refresh {what}, against DuckDB and its moving of data", postgres, out + models + back, GOAL),
        line("the same, against DuckDB's models alone", postgres, models, 8.0),
        line("dbt's own work in that refresh, apart", dbt, postgres, 1.0),
        line("publish of all that was built, apart", published, postgres, 1.0),
        figure("full", f"marts with another number of rows in DuckDB {differing or ''}".strip(), len(differing), "",
               reference=len(transforms.manifest.marts), goal=0.0, at_most=True),
    ]  # fmt: skip


def _models(transforms: Transforms) -> list[str]:
    """What both compute: all that is chosen but staging, seeds, and what says which raw rows are new."""
    tables = transforms.manifest.tables
    chosen = [
        key
        for key in transforms.chosen
        if tables[key]["resource_type"] == "model" and not (_is_staging(tables[key]) or _reads_raw(tables[key]))
    ]
    return sorted(chosen, key=lambda key: (transforms.manifest.depths[key], key))


def _is_staging(node: dict[str, Any]) -> bool:
    return bool(node["schema"] == "staging")


def _reads_raw(node: dict[str, Any]) -> bool:
    sources = [parent.split(".")[2] for parent in node["depends_on"]["nodes"] if parent.startswith("source.")]
    return not RAW.keys().isdisjoint(sources)


def _type_staging(warehouse: Warehouse, transforms: Transforms) -> None:
    """Each staging view that is read becomes a table, so that neither side parses what the sources sent."""
    with warehouse.connect("transformer", autocommit=True) as database:
        for key in transforms.chosen:
            node = transforms.manifest.tables[key]
            if _is_staging(node):
                name = relation(node)
                database.execute(f'alter view {name} rename to "{node["name"]}__view"')  # type: ignore[call-overload]
                database.execute(f'create table {name} as select * from staging."{node["name"]}__view"')  # type: ignore[call-overload]
                database.execute(f"analyze {name}")  # type: ignore[call-overload]


def _dearest(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds[name]:.1f} s" for name in sorted(seconds, key=seconds.__getitem__)[:-5:-1])


def _by_postgres(transforms: Transforms) -> tuple[float, float, dict[str, float]]:
    """Seconds of work of the database, those of dbt itself, and of each model by the clock."""
    Build(transforms.warehouse).open(is_full=True)
    nodes = [transforms.manifest.tables[key] for key in _models(transforms)]
    began, active = time.process_time(), transforms.active_seconds()
    outcomes = transforms.dbt.run(nodes, full=True)
    if bad := [f"{one.unique_id}: {one.message}" for one in outcomes if one.status != "success"]:
        raise RuntimeError("\n".join(bad))
    seconds = {one.unique_id.rpartition(".")[2]: one.seconds for one in outcomes}
    return transforms.active_seconds() - active, time.process_time() - began, seconds


def _work(transforms: Transforms, step: Callable[[], object]) -> float:
    began, active = time.process_time(), transforms.active_seconds()
    step()
    return time.process_time() - began + transforms.active_seconds() - active


def _differing(warehouse: Warehouse, transforms: Transforms) -> list[str]:
    """The marts of which DuckDB made another number of rows."""
    found = []
    with psycopg.connect(warehouse.admin_url) as database:
        for node in transforms.manifest.marts:
            if node["unique_id"] in transforms.chosen:
                query = (
                    f'select (select count(*) from {relation(node)}) = (select count(*) from {BACK}."{node["name"]}")'
                )
                if not database.execute(query).fetchone()[0]:  # type: ignore[call-overload,index]
                    found.append(node["name"])
    return found


if __name__ == "__main__":
    run()

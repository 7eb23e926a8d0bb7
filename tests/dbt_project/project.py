"""Builds of the dbt project in this process, on raw rows that a test writes."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from dbt.cli.main import dbtRunner
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

import dbt_project
from orchestration.assets.delivery import READ
from orchestration.models import Manifest
from orchestration.standing import standing
from pipelines import raw_schema
from pipelines.delivery import walk
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse
from tests import parsed

DELIVERY = (
    "deployments", "change_deployments", "pull_requests", "dora_daily", "dora_bands", "dora_periods",
    "dora_definitions", "dora_quick_check", "dora_summary", "metric_evidence", "ticket_deliveries",
)  # fmt: skip
CODE = (
    "branches", "commit_hours", "commits_weekly", "contributors_weekly", "coverage", "hotspots", "quality_grades",
    "releases", "repository_summary", "review_pairs",
)  # fmt: skip
STANDS = "stands"
FIRST = " ".join(f"+{name}" for name in READ)
REST = "+path:models/marts/delivery +path:models/marts/code"


class Project:
    """The models up to the delivery marts, and the builds of them that have been made."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        parts = warehouse.parts("transformer")
        names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
        os.environ.update({f"CLEARSIGNAL_DBT_{name}": str(parts[part]) for name, part in names.items()})
        raw_schema.ensure_tables(warehouse)
        self.manifest = parsed.manifest(warehouse)
        self.written = Manifest.read(parsed.manifest_path(warehouse))

    def dbt(self, command: str, *arguments: str, manifest: Any = None) -> Any:
        """Run one of dbt's commands. Fails the test with dbt's own words where it does not succeed."""
        folder = str(dbt_project.PROJECT_DIR)
        home = self.warehouse.home
        places = ["--project-dir", folder, "--profiles-dir", folder, "--log-path", str(home / "logs")]
        quiet = ["--log-level", "none", "--no-print", "--no-send-anonymous-usage-stats"]
        if manifest is not None:
            quiet.append("--no-write-json")  # 5 MB of it, which nobody reads
        target = ["--target-path", str(dbt_project.target_dir(home))]
        done = dbtRunner(manifest=manifest).invoke([*quiet, command, *arguments, *places, *target])
        results = getattr(done.result, "results", [])
        bad = [f"{one.node.name}: {one.message}" for one in results if one.status in ("error", "fail", "warn")]
        assert done.success and not bad, "\n".join(bad) or str(done.exception)
        return done

    def build(self, full: bool = False, also: str = "") -> int:
        """What a transform does: dbt, the commit graph, dbt. Returns the build's id. `also`: what else is built."""
        build_id = self.open()
        self.run(FIRST, full)
        walk.first_deployments(self.warehouse, full=full)
        self.run(f"{REST} {also}", full, exclude=FIRST)
        self.close(build_id)
        return build_id

    def run(self, select: str, full: bool = False, exclude: str = "") -> None:
        """Build seeds and models without their tests."""
        arguments = ["--select", *select.split()]
        self.tag_what_stands(full)
        arguments += ["--exclude", f"tag:{STANDS}", *exclude.split()]
        arguments += ["--resource-type", "model", "--resource-type", "seed", "--indirect-selection", "empty"]
        self.dbt("build", *arguments, *(["--full-refresh"] if full else []), manifest=self.manifest)

    def tag_what_stands(self, full: bool) -> None:
        """Views and seeds that a build before this one made are left as they are, as a transform leaves them."""
        stand = set() if full else standing(self.warehouse, self.written, self.written.tables.values())
        for unique_id in self.written.tables:
            tags = self.manifest.nodes[unique_id].tags
            tags[:] = [tag for tag in tags if tag != STANDS] + [STANDS] * (unique_id in stand)

    def open(self) -> int:
        """A new build that has taken the packages which no successful one has seen."""
        insert = (
            "insert into app.build (started_at, status, is_full) values (now(), 'running', false) returning build_id"
        )
        with self.warehouse.connect("transformer") as database:
            (build_id,) = database.execute(insert).fetchone()
            database.execute(
                "update app.load_package set build_id = %s where build_id is null"
                " or build_id in (select build_id from app.build where status <> 'succeeded')",
                [build_id],
            )
        return build_id

    def close(self, build_id: int, status: str = "succeeded") -> None:
        with self.warehouse.connect("transformer") as database:
            database.execute(
                "update app.build set status = %s, finished_at = now() where build_id = %s", [status, build_id]
            )

    def load(
        self, tenant: UUID, connection: UUID, source: str, as_of: datetime, tables: Mapping[str, Iterable[dict]]
    ) -> None:
        """Write rows as a sync does: merged by key, with their package and the record of the run."""
        package = str(uuid4())
        with self.warehouse.connect("loader") as database:
            for name, rows in tables.items():
                for row in rows:
                    self._merge(database, RAW[source][name], {
                        "tenant_id": str(tenant), "connection_id": str(connection), **row, "_dlt_load_id": package,
                    })  # fmt: skip
            database.execute(
                "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                [tenant, connection, source, str(connection)],
            )
            database.execute(
                "insert into app.load_package (load_id, tenant_id, connection_id, source, loaded_at)"
                " values (%s, %s, %s, %s, now())",
                [package, tenant, connection, source],
            )
            database.execute(
                "insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status,"
                " as_of) values (%s, %s, %s, 'all', %s, %s, 'succeeded', %s)",
                [tenant, connection, source, as_of, as_of, as_of],
            )

    def _merge(self, database: Any, table: Any, row: dict[str, Any]) -> None:
        values = {
            name: Jsonb(value) if table.all_columns.get(name) == "json" and value is not None else value
            for name, value in row.items()
        }
        database.execute(
            SQL("insert into {}.{} ({}) values ({}) on conflict ({}) do update set {}").format(
                Identifier(table.schema),
                Identifier(table.name),
                SQL(", ").join(map(Identifier, values)),
                SQL(", ").join(map(Placeholder, values)),
                SQL(", ").join(map(Identifier, table.full_key)),
                SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in values),
            ),
            values,
        )

    def rows(self, mart: str, tenant: UUID, order: str = "each::text") -> list[dict[str, Any]]:
        """A tenant's rows of a table in schema build."""
        with self.warehouse.connect("transformer", row_factory=dict_row) as database:
            query = SQL("select * from build.{} as each where tenant_id = %s order by {}")
            return database.execute(query.format(Identifier(mart), SQL(order)), [tenant]).fetchall()

    def checksums(self, marts: Iterable[str]) -> dict[str, tuple[int, str]]:
        """How many rows each mart has, and a sum of them that their order does not change."""
        with self.warehouse.connect("transformer") as database:
            query = "select count(*), sum(hashtextextended(each::text, 0))::text from build.{} as each"
            return {mart: database.execute(SQL(query).format(Identifier(mart))).fetchone() for mart in marts}

    def changed(self, mart: str) -> list[tuple]:
        """Take the keys that wait for the publish step."""
        with self.warehouse.connect("transformer") as database:
            return database.execute(
                SQL("delete from build.{} returning *").format(Identifier(f"{mart}__changed"))
            ).fetchall()

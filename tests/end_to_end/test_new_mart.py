"""A mart is one SQL file and one YAML file: Dagster, the API and the docs site take it up by themselves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.warehouse.connection import Warehouse
from tests.end_to_end import stack as house

pytestmark = pytest.mark.soak
CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("api", "dbt_project", "orchestration", "pipelines")
SQL = """-- One row per repository: how many pull requests it has.
{{ config(unique_key=['tenant_id', 'repository']) }}
select
    tenant_id,
    repository,
    count(*) as pull_request_count
from {{ ref('pull_requests') }}
group by tenant_id, repository
"""
YAML = """models:
  - name: repository_sizes
    description: Pull requests by repository.
    config:
      contract: {enforced: true}
      meta:
        api:
          grain: [repository]
          filters: {repository: [eq, in], pull_request_count: [gte]}
          order: [repository]
        dagster: {owners: ["team:delivery"], group: delivery}
    constraints:
      - {type: primary_key, columns: [tenant_id, repository]}
    columns:
      - name: tenant_id
        data_type: uuid
        description: The tenant whose row this is.
        constraints: [{type: not_null}]
      - name: repository
        data_type: text
        description: Owner and name.
        constraints: [{type: not_null}]
      - name: pull_request_count
        data_type: bigint
        description: Pull requests, open or closed.
        meta: {unit: pull requests}
        constraints: [{type: not_null}]
"""
ASSETS = """
import json
from orchestration.definitions import clearsignal
made = clearsignal() if callable(clearsignal) else clearsignal
graph = made.resolve_asset_graph()
print(json.dumps([key.to_user_string() for key in graph.get_all_asset_keys()]))
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the packages with the two files of a new mart."""
    folder = tmp_path / "checkout"
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    area = folder / "dbt_project" / "models" / "marts" / "delivery"
    (area / "repository_sizes.sql").write_text(SQL)
    (area / "repository_sizes.yml").write_text(YAML)
    return folder


def run(warehouse: Warehouse, folder: Path, *arguments: str) -> str:
    """Python in the copy: its packages come before ours."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **house.environment(warehouse), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_mart_appears_in_dagster_the_api_and_the_docs(copied, scratch):
    warehouse = copied.warehouse
    run(warehouse, scratch, "-m", "orchestration.cli", "transform")

    assets = json.loads(run(warehouse, scratch, "-c", ASSETS).splitlines()[-1])
    assert {"build/repository_sizes", "marts/repository_sizes"} <= set(assets)

    with house.served(warehouse, scratch) as api:
        rows = api.rows("acme", "repository_sizes")
        counted: dict[str, int] = {}
        for pull in copied.truth("acme", "pull_requests"):
            counted[pull["repository"]] = counted.get(pull["repository"], 0) + 1
        assert {row["repository"]: row["pull_request_count"] for row in rows} == counted
        most = max(counted.values())
        largest = api.rows("acme", "repository_sizes", **{"pull_request_count.gte": most})
        assert {row["pull_request_count"] for row in largest} == {most}

        openapi = api.call("GET", "/openapi.json")
        operation = openapi["paths"]["/api/v1/marts/repository_sizes"]["get"]
        assert {"repository", "repository.in", "pull_request_count.gte"} <= {
            parameter["name"] for parameter in operation["parameters"]
        }
        assert "pull_request_count" in json.dumps(openapi["components"]["schemas"])

    run(warehouse, scratch, "-m", "orchestration.cli", "docs")
    assert "repository_sizes" in (warehouse.home / "docs" / "index.html").read_text()

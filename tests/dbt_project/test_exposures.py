"""The docs site's map of who reads what is complete: exposures and the overview name each mart."""

import re
from pathlib import Path

import pytest
import yaml

import api.routes
import dbt_project

MODELS = dbt_project.PROJECT_DIR / "models"
AREAS = {folder.name: {file.stem for file in folder.glob("*.sql")} for folder in (MODELS / "marts").iterdir()}
API = Path(api.routes.__file__).parents[1]


@pytest.fixture(scope="module")
def exposures() -> dict[str, set[str]]:
    """The models that each exposure depends on."""
    written = yaml.safe_load((MODELS / "exposures.yml").read_text())["exposures"]
    return {one["name"]: set(re.findall(r"'(\w+)'", str(one["depends_on"]))) for one in written}


@pytest.mark.parametrize("area", AREAS)
def test_each_mart_is_exposed_with_its_area(exposures: dict[str, set[str]], area: str):
    assert exposures[f"api_{area}"] == AREAS[area]


@pytest.mark.parametrize(
    ("exposure", "module"),
    [
        ("api_dashboard", "routes/dashboard"),
        ("api_evidence", "evidence_reading"),
        ("api_similar_issues", "routes/issues"),
    ],
)
def test_a_call_that_reads_several_marts_is_exposed_with_them(
    exposures: dict[str, set[str]], exposure: str, module: str
):
    assert exposures[exposure] == set(re.findall(r"marts\.(\w+)", (API / f"{module}.py").read_text()))


@pytest.mark.parametrize("area", AREAS)
def test_the_overview_names_each_mart_of_an_area(area: str):
    (row,) = re.findall(rf"^\| {area} \| (.*) \|$", (MODELS / "overview.md").read_text(), re.MULTILINE)
    assert set(row.split(", ")) == AREAS[area]

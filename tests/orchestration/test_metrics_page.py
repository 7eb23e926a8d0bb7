"""The page of all figures says what the models' YAML says, of every mart that is served."""

import copy
import csv
import re

import dbt_project
from orchestration import metrics_page
from orchestration.models import Manifest


def test_every_mart_is_there_with_its_figures_and_every_metric_with_its_meaning(manifest: Manifest):
    page = metrics_page.page(manifest)
    served = [node for node in manifest.tables.values() if node["config"]["meta"].get("api")]
    assert len(served) > 15
    for node in served:
        assert f'<h3 id="{node["name"]}">' in page
        for column in node["columns"].values():
            has_unit = "unit" in column["config"].get("meta", {}) or "unit" in column["meta"]
            assert has_unit <= (f"<code>{column['name']}</code>" in page), (node["name"], column["name"])
    for metric in ("lead_time", "change_failure_rate", "time_to_restore"):
        assert re.search(rf"<code>{metric}</code></td><td colspan=.2.>\w", page)


def test_our_words_beside_other_definitions_are_those_of_the_metric(manifest: Manifest):
    """A seed cannot quote a docs block, so that the two agree is checked."""
    blocks = {doc["name"]: " ".join(doc["block_contents"].split()) for doc in manifest.content["docs"].values()}
    with (dbt_project.PROJECT_DIR / "seeds" / "metric_definitions.csv").open(newline="") as file:
        ours = {row["metric"]: row["meaning"] for row in csv.DictReader(file) if row["definition"] == "clearsignal"}
    assert len(ours) == 4
    assert {metric: blocks[metric] for metric in ours} == ours


def test_a_description_is_text_and_no_page(manifest: Manifest):
    content = copy.deepcopy(manifest.content)
    content["nodes"]["model.clearsignal.dora_summary"]["description"] = "<script>alert(1)</script>"
    page = metrics_page.page(Manifest(content))
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page

"""A team that is known by a clone of its repository alone: its tags are its releases."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import load, stored_connections, tenants
from tests.dbt_project.company import Company, at
from tests.pipelines.sources.clones import Clone


class Team:
    """A company's clone, empty at first."""

    def __init__(self, company: Company) -> None:
        self.company, self.warehouse = company, company.project.warehouse
        self.tenant = tenants.find(self.warehouse, str(company.tenant_id))
        self.clone = Clone(self.warehouse.home / "clones" / self.tenant.slug)
        config = {"source": "git", "path": str(self.clone.path), "repository": company.repository}
        stored_connections.add(self.warehouse, self.tenant, "shop", config, allow_private=True)
        with self.warehouse.connect("loader") as database:
            database.execute(
                "insert into app.deployment_rule (tenant_id, position, origin, pattern) values (%s, 1, 'tags', '{v*}')",
                [company.tenant_id],
            )

    def release_twice(self) -> "Team":
        """A beginning that was released, and then three changes that went out with `v2`."""
        clone = self.clone
        clone.commit("the beginning", 0, a="1")
        clone.tag("v1")
        clone.commit("a change", 10, a="2")
        clone.git("switch", "-q", "-c", "topic")
        clone.commit("on a branch", 11, b="1", author="renovate[bot]")
        clone.git("switch", "-q", "main")
        clone.commit("another change", 12, c="1")
        clone.git("merge", "-q", "--no-ff", "topic", "-m", "Merge topic")
        clone.tag("nightly")
        clone.tag("v2", hours=14)
        return self

    def replay(self, folder: Path) -> dict[str, str]:
        """A recorded history with its tags, made again; the sha here → the sha there."""
        lines = (folder / "octokit-fixtures-2018.commits.jsonl").read_text().splitlines()
        recorded = [json.loads(line) for line in reversed(lines)]
        marks = {row["sha"]: f":{number}" for number, row in enumerate(recorded, 1)}
        stream = [_imported(row, marks) for row in recorded]
        with (folder / "octokit-fixtures-2018.releases.csv").open() as file:
            stream += [f"reset refs/tags/{row['tag']}\nfrom {marks[row['sha']]}\n\n" for row in csv.DictReader(file)]
        self.clone.git("fast-import", "--quiet", "--export-marks=.git/marks", stdin="".join(stream).encode())
        made = dict(line.split() for line in (self.clone.path / ".git/marks").read_text().splitlines())
        return {made[mark]: sha for sha, mark in marks.items()}

    def sync(self, hours: float) -> None:
        """Read the clone, as of so many hours."""
        (outcome,) = load.sync(self.warehouse, "git", [self.tenant.partition_key], now=at(hours))
        assert outcome.error is None

    def tell_github(self) -> None:
        """Let GitHub show the same commits and tags."""
        log = self.clone.git("log", "--all", "--format=%H|%P|%s|%cI").splitlines()
        for sha, parents, message, time in (line.split("|") for line in log):
            self.company.add(
                "commits", sha=sha, parents=parents.split(), message=message, authored_at=time, committed_at=time
            )
        for name in self.clone.git("tag").split():
            self.company.add("tags", name=name, sha=self.clone.git("rev-parse", f"{name}^{{commit}}"))


def _imported(row: dict[str, Any], marks: dict[str, str]) -> str:
    """One commit for `git fast-import`; of its parents those that were recorded."""
    times = [datetime.fromisoformat(row[name]) for name in ("authored_at", "committed_at")]
    written, committed = (f"A <a@x> {time.timestamp():.0f} {time:%z}" for time in times)
    known = [marks[parent] for parent in row["parents"] if parent in marks]
    return (
        f"commit refs/heads/main\nmark {marks[row['sha']]}\n"
        f"author {written}\ncommitter {committed}\n"
        f"data {len(row['subject'].encode())}\n{row['subject']}\n"
        + "".join(f"{'merge' if position else 'from'} {mark}\n" for position, mark in enumerate(known))
        + "\n"
    )

"""A team that is known by a clone of its repository alone: its tags are its releases."""

from pipelines import connections, load, tenants
from tests.dbt_project.company import Company, at
from tests.pipelines.sources.clones import Clone


class Team:
    """A company's clone, with a beginning that was released, and then three changes that went out with `v2`."""

    def __init__(self, company: Company) -> None:
        self.company, self.warehouse = company, company.project.warehouse
        self.tenant = tenants.find(self.warehouse, str(company.tenant_id))
        self.clone = Clone(self.warehouse.home / "clones" / self.tenant.slug)
        config = {"source": "git", "path": str(self.clone.path), "repository": company.repository}
        connections.add(self.warehouse, self.tenant, "shop", config, allow_private=True)
        with self.warehouse.connect("loader") as database:
            database.execute(
                "insert into app.deployment_rule (tenant_id, position, origin, pattern) values (%s, 1, 'tags', 'v*')",
                [company.tenant_id],
            )
        self._begin()

    def _begin(self) -> None:
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

"""A company to which anything may happen, at random, for tests that compare what builds make of it bit by bit."""

from random import Random
from typing import Any

from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import Project

EVENTS, TAGS = 16, ("v1", "v2", "v3")


class Scatterbrained:
    """A company to which anything may happen: what happened comes with this sync, or with a later one."""

    def __init__(self, project: Project, seed: int) -> None:
        self.random = Random(seed)
        self.company = Company(project, f"random-{seed}", "UTC")
        self.hours, self.number, self.withheld = 0.0, 0, {}  # type: ignore[var-annotated]
        self.company.add("repositories", id=1, repository=self.company.repository, name="shop", default_branch="main")
        with project.warehouse.connect("loader") as database:
            database.execute("insert into app.team (tenant_id, team) values (%s, 'web')", [self.company.tenant_id])
        self.commits: list[str] = []
        self.said: dict[str, tuple[float, str]] = {}  # when each was written, and its message
        self.pulls: dict[int, dict[str, Any]] = {}
        self.deployments: list[dict[str, Any]] = []
        self.incidents: list[dict[str, Any]] = []

    def live(self) -> None:
        """A few events, then a sync."""
        held, self.withheld = self.withheld, {}
        for _ in range(EVENTS):
            self.hours += self.random.uniform(0.2, 6)
            self.random.choice(
                [self.commit, self.commit, self.pick, self.copy, self.pull, self.pull, self.merge, self.deploy,
                 self.deploy, self.deploy_early, self.tag, self.forget_a_deployment, self.forget_a_commit, self.force,
                 self.relabel, self.fail, self.mend, self.move, self.share]
            )()  # fmt: skip
        for table in list(self.company.new):
            rows = self.company.new[table]
            late = [row for row in rows if self.random.random() < 0.15]
            self.withheld[table] = late
            self.company.new[table] = [*held.pop(table, []), *(row for row in rows if row not in late)]
        self.company.new.update(held)
        self.company.sync(self.hours + 1)

    def name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def commit(self, message: str = "") -> str:
        name, parents = self.name("c"), self.random.sample(self.commits[-4:], min(len(self.commits), 1))
        self.said[name] = self.hours, message or f"{name} for WEB-{self.number % 5}"
        self.company.commit(name, self.hours, tuple(parents), self.said[name][1])
        self.commits.append(name)
        return name

    def copy(self) -> None:
        """Of any commit, with its author, their time and the subject, as a rebase or a cherry-pick makes one."""
        if self.commits:
            hours, message = self.said[self.random.choice(self.commits)]
            self.company.add("commits", sha=sha(self.name("c")), message=message, authored_at=at(hours),
                             committed_at=at(self.hours), parents=[sha(self.commits[-1])],
                             author={"login": "ada", "type": "User"})  # fmt: skip
            self.commits.append(f"c{self.number}")
            self.said[self.commits[-1]] = hours, message

    def pick(self) -> None:
        """A copy of any commit, of a pull request too."""
        if self.commits:
            self.commit(f"picked\n\n(cherry picked from commit {sha(self.random.choice(self.commits))})")

    def pull(self) -> None:
        self.number += 1
        names = {self.name("w"): self.hours - 1 for _ in range(self.random.randint(1, 2))}
        self.pulls[self.number] = self.company.pull_request(
            self.number, opened=self.hours, commits=names, body="see #3"
        )
        self.commits += names
        self.said |= {name: (hours, name) for name, hours in names.items()}

    def merge(self) -> None:
        """By a commit of its own, by its own commits, or by one that never shows."""
        still_open = [pull for pull in self.pulls.values() if pull["merged_at"] is None]
        if still_open:
            pull = self.random.choice(still_open)
            by = self.random.choice([self.commit, lambda: self.name("unknown")])()
            pull |= {"merged_at": at(self.hours), "closed_at": at(self.hours), "state": "closed",
                     "merge_commit_sha": sha(by), "updated_at": at(self.hours)}  # fmt: skip
            self.company.add("pull_requests", **pull)

    def deploy(self, ago: float = 0) -> None:
        what = self.random.choice([*self.commits[-6:], self.name("never seen")])
        environment = self.random.choice(["Production", "Production", "staging"])
        state = self.random.choice(["success", "success", "success", "failure"])
        start = max(self.hours - ago, 0)
        ref = self.random.choice(["main", *TAGS])
        self.deployments.append(self.company.deploy(what, start, start + 0.1, state, environment, ref=ref))

    def tag(self) -> None:
        """A new one, or one that is set anew."""
        if self.commits:
            self.company.add("tags", name=self.random.choice(TAGS), sha=sha(self.random.choice(self.commits)))

    def deploy_early(self) -> None:
        """One that is known late: it lies before others."""
        self.deploy(ago=self.random.uniform(5, 60))

    def forget_a_deployment(self) -> None:
        if self.deployments:
            self.company.gone("deployments", self.random.choice(self.deployments), self.hours)

    def forget_a_commit(self) -> None:
        if lone := [name for name in self.commits if name.startswith("c")]:
            gone = self.random.choice(lone)
            self.company.gone("commits", {"repository": self.company.repository, "sha": sha(gone)}, self.hours)

    def fail(self) -> None:
        """An incident, of which some name a deployment."""
        self.number += 1
        told = self.random.choice([None, *self.deployments[-3:]])
        body = f"after deployment #{told['id']}" if told else ""
        self.incidents.append(self.company.incident(self.number, self.hours, body=body))

    def mend(self) -> None:
        """One that is closed, or opened again."""
        if self.incidents:
            row = self.random.choice(self.incidents)
            is_open = row["closed_at"] is not None
            row |= {"closed_at": None if is_open else at(self.hours), "state": "open" if is_open else "closed",
                    "updated_at": at(self.hours)}  # fmt: skip
            self.company.add("issues", **row)

    def move(self) -> None:
        """To another time zone, of which no row tells."""
        self.decide("update app.tenant set time_zone = %s", self.random.choice(["UTC", "Asia/Tokyo", "US/Pacific"]))

    def share(self) -> None:
        """The repository comes to a team, or is the team's no longer."""
        if not self.decide("delete from app.team_repository"):
            self.decide("insert into app.team_repository select tenant_id, team, '*' from app.team")

    def decide(self, statement: str, *values: str) -> int:
        """Something about this tenant: how many rows it took."""
        with self.company.project.warehouse.connect("loader") as database:
            return database.execute(f"{statement} where tenant_id = %s", [*values, self.company.tenant_id]).rowcount

    def force(self) -> None:
        """A pull request's commit that another history replaced."""
        if mine := [name for name in self.commits if name.startswith("w")]:
            name = self.random.choice(mine)
            number = next(n for n in sorted(self.pulls) if n >= int(name[1:]) - 2)
            row = {"repository": self.company.repository, "pull_request_number": number, "sha": sha(name)}
            self.company.gone("pull_request_commits", row, self.hours)

    def relabel(self) -> None:
        if self.pulls:
            pull = self.random.choice(list(self.pulls.values()))
            pull |= {
                "labels": [{"name": "hotfix"}],
                "title": f"WEB-{self.number % 5} again",
                "updated_at": at(self.hours),
            }
            self.company.add("pull_requests", **pull)

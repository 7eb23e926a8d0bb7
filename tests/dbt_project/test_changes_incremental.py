"""What delivered which change, and who wrote what, worked out from what is new after changes at random."""

from random import Random
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import CODE, DELIVERY, Project

pytestmark = pytest.mark.slow  # twelve builds

TABLES = (
    "int_changes__pull_request_shas", "int_changes__pull_requests", "int_changes__commits", "int_people__authored",
    "int_people__commits", "int_issues__pull_requests", "int_deployments__failure_evidence", "int_commits__copies",
    "int_deployments__classified", "int_deployments__scope_days", "int_deployments__evidence_shown",
    "int_incidents__mapped", "int_incidents__links",
)  # fmt: skip
BUILDS, EVENTS, TAGS = 5, 16, ("v1", "v2", "v3")


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


def checksums(project: Project) -> dict[str, tuple[int, str]]:
    query = "select count(*), sum(hashtextextended(each::text, 0))::text from intermediate.{} as each"
    with project.warehouse.connect("transformer") as database:
        found = {table: database.execute(SQL(query).format(Identifier(table))).fetchone() for table in TABLES}
    return found | project.checksums(DELIVERY + CODE)  # type: ignore[return-value]


def delivered(company: Company) -> set[tuple[str, str]]:
    """(title, method) of each change that a deployment delivered."""
    company.project.build()
    return {(row["title"], row["attribution_method"]) for row in company.rows("change_deployments")}


def test_a_commit_that_comes_late_brings_what_is_behind_it(project: Project) -> None:
    """An older deployment delivers commits and pull requests of which nothing is new but the way to them."""
    company = Company(project, "late", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.commit("y", 2, ("a",))
    company.commit("z", 3, ("y",))
    company.pull_request(1, opened=2, commits={"w": 2}, merged=3, merge_sha="z", title="Behind")
    company.commit("last", 5, ("missing",))
    company.deploy("last", 6, 6)
    company.sync(7)
    assert delivered(company) == {("a", "baseline"), ("last", "commit")}
    company.commit("missing", 4, ("z",))
    company.sync(8)

    assert delivered(company) == {
        ("a", "baseline"), ("last", "commit"), ("missing", "commit"), ("y", "commit"), ("Behind", "merge_commit"),
    }  # fmt: skip


def test_what_went_by_time_goes_by_the_graph_once_the_deployed_commit_is_known(project: Project) -> None:
    company = Company(project, "by-time", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.pull_request(1, opened=2, commits={"w": 2}, merged=3, merge_sha="elsewhere", title="Meanwhile")
    company.deploy("unknown", 6, 6)
    company.sync(7)
    assert delivered(company) == {("a", "baseline"), ("Meanwhile", "time_window")}
    company.commit("unknown", 5, ("a",))
    company.sync(8)

    assert delivered(company) == {("a", "baseline"), ("unknown", "commit")}


def test_what_the_graph_has_not_got_goes_by_its_tag(project: Project) -> None:
    """A tag that comes later takes it from the time between two deployments, the commit itself from the tag."""
    company = Company(project, "tagged", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.pull_request(1, opened=2, commits={"w": 2}, merged=3, merge_sha="merged", title="In the release")
    company.commit("merged", 3, ("a",))
    company.pull_request(2, opened=2, commits={"x": 2}, merged=4, merge_sha="later", title="After it")
    company.commit("later", 4, ("merged",))
    company.deploy("built elsewhere", 6, 6, ref="v1")
    company.sync(7)
    assert delivered(company) == {("a", "baseline"), ("In the release", "time_window"), ("After it", "time_window")}
    company.add("tags", name="v1", sha=sha("merged"))
    company.sync(8)
    assert delivered(company) == {("a", "baseline"), ("In the release", "release_tag")}
    company.commit("built elsewhere", 5, ("later",))
    company.sync(9)

    assert delivered(company) == {
        ("a", "baseline"), ("In the release", "merge_commit"), ("After it", "merge_commit"),
        ("built elsewhere", "commit"),
    }  # fmt: skip


def test_what_a_rebase_lands_is_the_pull_requests_and_no_change_of_its_own(project: Project) -> None:
    """Its copies keep author, time and subject; the older ones come with a later sync, as in a first sync."""
    company = Company(project, "rebasing", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.pull_request(1, opened=3, commits={"one": 1, "two": 2}, merged=4, merge_sha="landed-two", title="Rebased")

    def landed(name: str, hours: float, parent: str, copied: str) -> None:
        company.add("commits", sha=sha(name), message=f"{copied}\n\nmore", authored_at=at(hours), committed_at=at(4),
                    parents=[sha(parent)], author={"login": "ada", "type": "User"})  # fmt: skip

    landed("landed-two", 2, "landed-one", "two")
    company.commit("lone", 4.5, ("landed-two",))
    company.deploy("lone", 5, 5)
    company.sync(6)
    assert delivered(company) == {("a", "baseline"), ("Rebased", "merge_commit"), ("lone", "commit")}
    landed("landed-one", 1, "a", "one")
    company.sync(7)

    assert delivered(company) == {("a", "baseline"), ("Rebased", "merge_commit"), ("lone", "commit")}
    assert {row["lead_time_seconds"] for row in company.rows("change_deployments") if row["title"] == "Rebased"} == {
        4 * 3600.0
    }


def test_a_cherry_pick_that_names_no_origin_is_known_by_its_author_time_and_subject(project: Project) -> None:
    """A pull request and a lone commit go to a release branch; what is merged later delivers neither again."""
    company = Company(project, "picking", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.pull_request(1, opened=2, commits={"w": 2}, merged=3, merge_sha="squashed", title="Fix")
    company.commit("squashed", 3, ("a",), "Fix (#1)")
    company.commit("lone", 3.5, ("squashed",), "Tune")

    def pick(name: str, parent: str, written: float, message: str) -> None:
        company.add("commits", sha=sha(name), message=message, authored_at=at(written), committed_at=at(4),
                    parents=[sha(parent)], author={"login": "ada", "type": "User"})  # fmt: skip

    pick("released fix", "a", 3, "Fix (#1)")
    pick("released tune", "released fix", 3.5, "Tune")
    company.deploy("released tune", 5, 5)
    company.sync(6)
    assert delivered(company) == {("a", "baseline"), ("Fix", "cherry_pick"), ("Tune", "commit")}
    company.commit("merged", 7, ("lone", "released tune"))
    company.deploy("merged", 8, 8)
    company.sync(9)

    assert delivered(company) == {("a", "baseline"), ("Fix", "cherry_pick"), ("Tune", "commit")}
    assert [row["change_id"] for row in company.rows("change_deployments") if row["title"] == "Tune"] == [
        sha("released tune")
    ]


@pytest.mark.parametrize("trailer", ["", "\n\n(cherry picked from commit {})"], ids=["alike", "trailer"])
def test_a_copy_that_is_gone_gives_its_place_back(project: Project, trailer: str) -> None:
    """The copy was live before the original, so it was the change."""
    company = Company(project, f"gone-{len(trailer)}", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 1)
    company.commit("original", 2, ("a",), "Tune")
    written = 3 if trailer else 2  # by another time it is no copy but for its trailer
    copy = company.commit("copy", written, ("a",), "Tune" + trailer.format(sha("original")))
    company.commit("top", 4, ("copy",))
    company.deploy("top", 5, 5)
    company.commit("merged", 7, ("original", "top"))
    company.deploy("merged", 8, 8)
    company.sync(9)
    delivered(company)
    assert of_tune(company) == {sha("copy")}

    company.gone("commits", {"repository": company.repository, "sha": copy["sha"]}, 10)
    company.sync(11)
    delivered(company)

    assert of_tune(company) == {sha("original")}
    project.build(full=True)
    assert of_tune(company) == {sha("original")}


def of_tune(company: Company) -> set[str]:
    return {row["change_id"] for row in company.rows("change_deployments") if row["title"] == "Tune"}


def test_any_sequence_of_changes_gives_what_a_full_refresh_gives(project: Project) -> None:
    companies = [Scatterbrained(project, seed) for seed in range(12)]
    for build in range(BUILDS):
        for number, each in enumerate(companies):
            if (build + number) % 3:  # not everybody has news each time
                each.live()
        if build == BUILDS // 2:
            project.close(project.open(), status="failed")
        project.build()

    bit_by_bit = checksums(project)
    assert all(count for count, _ in (bit_by_bit[table] for table in TABLES[:5]))
    project.build(full=True)
    full = checksums(project)

    assert {table: full[table] for table in full if full[table] != bit_by_bit[table]} == {}

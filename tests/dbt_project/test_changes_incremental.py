"""What delivered which change, and who wrote what, worked out from what is new after changes at random."""

import pytest
from psycopg.sql import SQL, Identifier

from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import CODE, DELIVERY, Project
from tests.dbt_project.scatterbrained import Scatterbrained

pytestmark = pytest.mark.slow  # twelve builds

TABLES = (
    "int_changes__pull_request_shas", "int_changes__pull_requests", "int_changes__commits", "int_people__authored",
    "int_people__commits", "int_issues__pull_requests", "int_deployments__failure_evidence", "int_commits__copies",
    "int_deployments__classified", "int_deployments__scope_days", "int_deployments__evidence_shown",
    "int_incidents__mapped", "int_incidents__links",
)  # fmt: skip
BUILDS = 5


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


def test_what_moves_to_another_day_leaves_the_old_one(project: Project) -> None:
    """A deployment that succeeded later than its statuses had said, and an incident that was over on another day."""
    company = Company(project, "moving", "UTC")
    company.commit("a", 0)
    company.deploy("a", 1, 2)
    succeeded = company.new["deployment_statuses"][-1]
    incident = company.incident(1, 3, 4)
    company.sync(24)
    project.build()
    assert days(company) == [(0, 1, 1)]
    company.add("deployment_statuses", **{**succeeded, "created_at": at(50)})
    company.add("issues", **{**incident, "closed_at": at(30), "updated_at": at(30)})
    company.sync(60)
    project.build()

    assert days(company) == [(1, 0, 1), (2, 1, 0)]


def days(company: Company) -> list[tuple[int, int, int]]:
    """(day of the story, deployments, incidents) of each day on which the tenant had any."""
    query = """
        select day - '2026-03-02'::date, deployment_count, incident_count from intermediate.int_deployments__scope_days
        where tenant_id = %s and scope_kind = 'tenant' order by day"""
    with company.project.warehouse.connect("transformer") as database:
        return database.execute(query, [company.tenant_id]).fetchall()


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

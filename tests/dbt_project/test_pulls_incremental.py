"""Pull requests that are worked out one by one, by what was loaded of them, equal those that are worked out at once."""

from copy import copy
from uuid import UUID, uuid4

import pytest

from pipelines import removal
from tests.dbt_project.company import Company, at
from tests.dbt_project.project import Project

pytestmark = pytest.mark.slow  # fifteen builds

MARTS = ("pull_requests", "change_deployments", "deployments", "review_pairs", "dora_definitions")


@pytest.fixture(scope="module")
def shop(project: Project) -> Company:
    """Built once, beside one that never has any news. Tests go on from where the one before them stopped."""
    shop, quiet = (Company(project, name, "UTC") for name in ("shop", "quiet"))
    for each in (shop, quiet):
        each.commit("a", 0)
        each.deploy("a", 1, 1)
        each.commit("m1", 20, ("a",))
        each.pull_request(1, opened=10, commits={"w1": 9}, merged=20, merge_sha="m1")
        each.pull_request(2, opened=10, commits={"w2": 9}, merged=21, merge_sha="m2")
        each.pull_request(3, opened=12, commits={"w3": 11})
        each.review(1, 12)
        each.deploy("m1", 30, 31)
        each.sync(40)
    project.build()
    return shop


def read_anew(project: Project) -> set[tuple[UUID, int]]:
    """The pull requests of which the last build read the rows."""
    return _pulls(project, "int_pull_requests__news")


def worked_out_anew(project: Project) -> set[tuple[UUID, int]]:
    """The pull requests whose figures the last build did not take as they were."""
    return _pulls(project, "int_pull_requests__touched")


def _pulls(project: Project, model: str) -> set[tuple[UUID, int]]:
    query = (
        f"select tenant_id, pulls.number from intermediate.{model}"
        " inner join intermediate.int_pull_requests__timestamps as pulls using (tenant_id, pull_request_id)"
    )
    with project.warehouse.connect("transformer") as database:
        return set(database.execute(query).fetchall())  # type: ignore[arg-type]


def figures(shop: Company, number: int) -> dict:
    (row,) = [row for row in shop.rows("pull_requests") if row["number"] == number]
    return row


def links(project: Project) -> set[tuple[UUID, str, int, str]]:
    """(tenant, issue's key, pull request's number, how it is known) of all that belong together."""
    query = (
        "select tenant_id, issues.key, pulls.number, links.method from intermediate.int_issues__pull_requests as links"
        " inner join intermediate.int_issues__unioned as issues using (tenant_id, issue_id)"
        " inner join build.pull_requests as pulls using (tenant_id, pull_request_id)"
    )
    with project.warehouse.connect("transformer") as database:
        return set(database.execute(query).fetchall())  # type: ignore[arg-type]


def linked_issues(shop: Company) -> set[tuple[str, str]]:
    """The keys of issues of which the first says that it is about the second."""
    query = (
        "select one.key, other.key from intermediate.int_issues__links as links"
        " inner join intermediate.int_issues__unioned as one using (tenant_id, issue_id)"
        " inner join intermediate.int_issues__unioned as other"
        " on links.tenant_id = other.tenant_id and links.linked_issue_id = other.issue_id"
        " where links.tenant_id = %s"
    )
    with shop.project.warehouse.connect("transformer") as database:
        return set(database.execute(query, [shop.tenant_id]).fetchall())


def _say(shop: Company, statement: str, *values: object) -> None:
    """What a person decides, with the package that tells of it."""
    with shop.project.warehouse.connect("loader") as database:
        database.execute(statement, [shop.tenant_id, *values])  # type: ignore[arg-type]
        database.execute(
            "insert into app.load_package (tenant_id, connection_id, load_id, source)"
            " values (%s, %s, gen_random_uuid(), 'app')",
            [shop.tenant_id, shop.tenant_id],
        )


def test_a_build_without_news_reads_none(project: Project, shop: Company) -> None:
    before = project.checksums(MARTS)
    project.build()

    assert (read_anew(project), worked_out_anew(project)) == (set(), set())
    assert project.checksums(MARTS) == before


def test_a_late_review_or_file_has_its_pull_request_read(project: Project, shop: Company) -> None:
    assert figures(shop, 2)["first_review_at"] is None
    shop.review(2, 15)
    shop.add("pull_request_files", pull_request_number=3, filename="web/a.py")  # its files alone, as of a later page
    shop.sync(41)
    project.build()

    assert read_anew(project) == worked_out_anew(project) == {(shop.tenant_id, 2), (shop.tenant_id, 3)}
    assert figures(shop, 2)["first_review_at"] is not None


def test_another_connection_to_the_same_repository_keeps_what_is_known(project: Project, shop: Company) -> None:
    def known() -> list[tuple]:
        query = (
            "select first_commit_at, first_review_at from intermediate.int_pull_requests__timestamps"
            " where tenant_id = %s order by 2"
        )
        with project.warehouse.connect("transformer") as database:
            return database.execute(query, [first.tenant_id]).fetchall()

    first = Company(project, "two-connections", "UTC")
    second = copy(first)
    second.connection_id, second.new = uuid4(), {}
    for each in (first, second):
        each.pull_request(1, opened=10, commits={"w1": 9})
        each.sync(40)
    project.build()
    assert known() == [(at(9), None), (at(9), None)]
    first.review(1, 15)
    first.sync(41)
    project.build()

    assert known() == [(at(9), at(15)), (at(9), None)]


def test_a_merge_commit_that_comes_late_tells_the_method(project: Project, shop: Company) -> None:
    assert figures(shop, 2)["merge_method"] is None
    shop.commit("m2", 21, ("m1",))
    shop.sync(42)
    project.build()

    assert read_anew(project) == {(shop.tenant_id, 2)}
    assert figures(shop, 2)["merge_method"] == "squash"


def test_a_deployment_has_what_it_delivers_worked_out_and_not_read(project: Project, shop: Company) -> None:
    assert figures(shop, 2)["deployed_at"] is None
    shop.deploy("m2", 43, 44)
    shop.sync(45)
    project.build()

    assert (read_anew(project), worked_out_anew(project)) == (set(), {(shop.tenant_id, 2)})
    assert figures(shop, 2)["deployed_at"] is not None


def test_an_address_that_becomes_known_gives_its_pull_requests_a_team(project: Project, shop: Company) -> None:
    _say(shop, "insert into app.team (tenant_id, team) values (%s, 'web')")
    _say(shop, "insert into app.team_member (tenant_id, team, person) values (%s, 'web', 'ada@shop.example')")
    project.build()
    assert figures(shop, 1)["team"] is None
    shop.add(
        "pull_request_commits", pull_request_number=3, sha="5" * 40, position=2, message="signed", parents=[],
        author={"login": "ada", "type": "User"}, commit_author_email="ada@shop.example",
        authored_at="2026-03-03T00:00Z", committed_at="2026-03-03T00:00Z",
    )  # fmt: skip
    shop.sync(46)
    project.build()

    assert read_anew(project) == {(shop.tenant_id, 3)}
    assert {row["team"] for row in shop.rows("pull_requests")} == {"web"}


def test_another_calendar_has_all_of_a_tenant_worked_out(project: Project, shop: Company) -> None:
    before = figures(shop, 1)
    with project.warehouse.connect_as_administrator() as database:
        database.execute("update app.tenant set time_zone = 'Asia/Tokyo' where tenant_id = %s", [shop.tenant_id])
    shop.sync(24 * 14)
    project.build()

    assert read_anew(project) == set()
    assert worked_out_anew(project) == {(shop.tenant_id, number) for number in (1, 2, 3)}
    after = figures(shop, 1)
    assert after["deploy_wait_seconds"] == before["deploy_wait_seconds"]
    assert after["deploy_wait_business_seconds"] != before["deploy_wait_business_seconds"]


def test_what_names_another_is_found_whichever_comes_first(project: Project, shop: Company) -> None:
    """A pull request its issue, an issue its pull request, and an issue of one system that of another."""

    def found() -> tuple[set[tuple[str, int, str]], set[tuple[str, str]]]:
        project.build()
        pulls = {(key, number, method) for tenant, key, number, method in links(project) if tenant == shop.tenant_id}
        return pulls, linked_issues(shop)

    def jira(**tables: list[dict]) -> None:
        project.load(shop.tenant_id, shop.tenant_id, "jira", at(hours), tables)

    hours = 24 * 14 + 1
    pull = shop.pull_request(5, opened=70, commits={"w5": 69}, title="WEB-9 pays")
    shop.sync(hours)
    shop.jira_issue(12, "WEB-12", hours, "https://github.com/Shop/shop/issues/77")
    assert found() == (set(), set())
    shop.jira_issue(9, "WEB-9", hours)
    shop.jira_issue(10, "WEB-10", hours)
    shop.incident(77, 80)
    shop.sync(hours)
    assert found() == ({("WEB-9", 5, "key_in_title")}, {("WEB-12", "shop/shop#77")})
    shop.add("pull_requests", **{**pull, "title": "It pays", "body": "for web-9 and web-10"})
    shop.jira_issue(11, "WEB-11", hours, "https://github.com/Shop/shop/pull/1", "https://acme.example/a")
    shop.sync(hours)
    jira(remotelinks=[{"id": "120", "issue_id": "12", "url": "https://github.com/shop/shop/issues/78"}])
    by_text = {("WEB-9", 5, "key_in_text"), ("WEB-10", 5, "key_in_text"), ("WEB-11", 1, "remote_link")}
    assert found() == (by_text, set())
    jira(
        remotelinks=[{"id": "110", "issue_id": "11", "_deleted_at": at(hours)}],
        issues=[{"id": "10", "key": "OPS-1", "project_key": "OPS", "summary": "Moved", "created": at(1)}],
    )
    shop.incident(78, 80)
    shop.sync(hours)
    assert found() == ({("WEB-9", 5, "key_in_text")}, {("WEB-12", "shop/shop#78")})


def test_what_is_gone_is_in_no_mart(project: Project, shop: Company) -> None:
    shop.gone("pull_requests", shop.pull_request(4, opened=50, commits={"w4": 49}), 60)
    shop.sync(24 * 14 + 1)
    project.build()
    assert [row["number"] for row in shop.rows("pull_requests", order="number")] == [1, 2, 3, 5]
    with project.warehouse.connect("loader") as database:
        pull = database.execute(
            "select id from raw_github.pull_requests where tenant_id = %s and number = 3", [str(shop.tenant_id)]
        ).fetchone()
        assert pull is not None
    shop.gone("pull_requests", {"id": pull[0], "number": 3}, 61)
    shop.sync(24 * 14 + 2)
    project.build()

    assert [row["number"] for row in shop.rows("pull_requests", order="number")] == [1, 2, 5]


def test_all_of_it_equals_a_full_refresh(project: Project, shop: Company) -> None:
    bit_by_bit, links_before = project.checksums(MARTS), links(project)
    assert links_before
    project.build(full=True)

    assert project.checksums(MARTS) == bit_by_bit
    assert links(project) == links_before


def test_a_removed_connection_leaves_none(project: Project, shop: Company) -> None:
    with project.warehouse.connect("loader") as database:
        removal.remove_rows(database, "github", shop.tenant_id, shop.connection_id)
    project.build()

    assert shop.rows("pull_requests") == []

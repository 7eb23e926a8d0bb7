"""What happens in the companies of test_delivery.py: each a tenant of its own, told hour by hour."""

from collections.abc import Callable

from tests.conftest import RECORDED
from tests.dbt_project import bad_input, rule_stories
from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.team import Team

STORIES: dict[str, Callable[[Company], None]] = {**bad_input.STORIES, **rule_stories.STORIES}


def story(tell: Callable[[Company], None]) -> Callable[[Company], None]:
    STORIES[tell.__name__] = tell
    return tell


@story
def complaints(shop: Company) -> None:
    """Four tickets: one answered by two deployments, one that waits, one alone, one that came between these two."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1.1)
    shop.jira_issue(1, "SHOP-1", 4, f"https://github.com/{shop.repository}/pull/1")
    shop.jira_issue(2, "SHOP-2", 2)
    shop.pull_request(1, opened=5, commits={"first": 5}, merged=6, merge_sha="one", title="Round down")
    shop.pull_request(2, opened=7, commits={"second": 7}, merged=8, merge_sha="two", title="SHOP-1: round up again")
    shop.pull_request(
        3, opened=7, commits={"third": 7}, merge_sha=None, body="For SHOP-1", closed_at=at(8), state="closed"
    )
    shop.pull_request(4, opened=5, commits={"fourth": 5}, head={"ref": "fix/shop-2-search", "sha": sha("fourth")})
    shop.commit("one", 6, ("root",))
    shop.commit("two", 8, ("one",))
    shop.deploy("one", 10, 10)
    shop.deploy("two", 20, 20)
    shop.ticket(1, 3, "Wrong total", jira_issue_key="SHOP-1")
    shop.ticket(2, 3, "Search is slow", content="Your SHOP-2.")
    shop.ticket(3, 3, "A question")
    shop.ticket(4, 11, "Wrong total again", jira_issue_key="SHOP-1")
    shop.sync(30)


@story
def squash(shop: Company) -> None:
    """A squashed pull request goes out, half an hour after the deployment began."""
    shop.commit("root", 0)
    shop.deploy("root", 1, 1.1)
    shop.pull_request(7, opened=3, commits={"work": 2, "more work": 2.5}, merged=5, merge_sha="squashed")
    shop.review(7, 3.5, state="COMMENTED")
    shop.review(7, 3.2, state="APPROVED", login="ada")  # her own
    shop.review(7, 4.5)
    shop.commit("squashed", 5, ("root",))
    shop.deploy("squashed", 6, 6.5)
    shop.pull_request(8, opened=5, commits={"open work": 4})
    shop.pull_request(10, opened=6, commits={"waiting": 6}, merged=7, merge_sha="not deployed")
    shop.pull_request(9, opened=5, commits={"refused": 4}, merge_sha="squashed", closed_at=at(6), state="closed")
    shop.sync(8)


@story
def rollback(shop: Company) -> None:
    """The second release breaks, the first comes back, a repaired third goes out."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.commit("b", 2, ("a",))
    shop.deploy("b", 3, 3)
    shop.deploy("a", 4, 4)
    shop.deploy("a", 4.5, 4.5)
    shop.commit("c", 5, ("b",))
    shop.deploy("c", 6, 6)
    shop.sync(8)


@story
def failures(shop: Company) -> None:
    """One pipeline fails, one is superseded, one runs on, one never says anything."""
    shop.commit("a", 0)
    superseded = shop.deploy("a", 1, 1.5)
    shop.status(superseded, 9, "inactive")
    shop.deploy("a", 2, 2.2, state="failure")
    shop.deploy("a", 3, None)
    shop.deploy("a", 4, 4.5, environment="github-pages")
    shop.deploy("a", 5, 5.5, environment="PROD-eu")
    shop.sync(30)


@story
def incident(shop: Company) -> None:
    """An incident follows a deployment, another names the deployment that caused it, a third has another cause."""
    shop.commit("a", 0)
    first = shop.deploy("a", 1, 1)
    shop.commit("b", 2, ("a",))
    shop.deploy("b", 40, 40)
    shop.commit("c", 41, ("b",))
    shop.deploy("c", 70, 70)
    shop.incident(1, opened=20, closed=22, body=f"Began with deployment {first['id']}.")
    shop.incident(2, opened=44, closed=46)
    shop.incident(3, opened=71, closed=72, labels=[{"name": "incident"}, {"name": "cause:provider"}])
    shop.sync(80)


@story
def repair(shop: Company) -> None:
    """A pull request breaks something, another reverts it, a third mends an incident, which stays open."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.pull_request(1, opened=2, commits={"w1": 2}, merged=3, merge_sha="b")
    shop.commit("b", 3, ("a",))
    shop.deploy("b", 4, 4)
    shop.pull_request(2, opened=5, commits={"w2": 5}, merged=6, merge_sha="c", body=f"Reverts {shop.repository}#1")
    shop.commit("c", 6, ("b",))
    shop.deploy("c", 7, 7)
    shop.pull_request(3, opened=40, commits={"w3": 40}, merged=41, merge_sha="d")
    shop.commit("d", 41, ("c",))
    shop.deploy("d", 42, 42)
    shop.incident(90, opened=43)
    shop.pull_request(4, opened=44, commits={"w4": 44}, merged=45, merge_sha="e", body="Fixes #90.")
    shop.commit("e", 45, ("d",))
    shop.deploy("e", 46, 46)
    shop.sync(48)


@story
def undelivered(shop: Company) -> None:
    """1 is deployed from its branch, then fast-forwarded; 2 is merged and waits; 3 reached staging alone; 4 is open."""
    shop.commit("first", 0)
    shop.deploy("first", 1, 1)
    shop.commit("early", 2, ("first",))
    shop.deploy("early", 3, 3)
    shop.pull_request(1, opened=2, commits={"early": 2}, merged=4, merge_sha="early")
    shop.commit("tested", 5, ("early",))
    shop.pull_request(3, opened=5, commits={"t": 5}, merged=5, merge_sha="tested")
    shop.deploy("tested", 6, 6, environment="staging")
    shop.commit("waiting", 7, ("tested",))
    shop.pull_request(2, opened=6, commits={"w": 6}, merged=7, merge_sha="waiting")
    shop.pull_request(4, opened=7, commits={"o": 7})
    shop.sync(8)


@story
def weeks(shop: Company) -> None:
    """Four weeks of a team: a first deployment, three on two days, none, and a rollback on the last day."""
    with shop.project.warehouse.connect("loader") as database:
        database.execute("insert into app.team (tenant_id, team) values (%s, 'web')", [shop.tenant_id])
        database.execute(
            "insert into app.team_repository (tenant_id, team, repository) values (%s, 'web', 'weeks/*')",
            [shop.tenant_id],
        )
    shop.add("repositories", id=1, name="shop", default_branch="main")
    monday = 7 * 24.0  # 9 March 08:00
    shop.commit("0", 24)
    shop.deploy("0", 25, 25)  # Tuesday: its week was not seen whole
    for number, (deployed, lead, merged) in enumerate(
        [(monday, 2, 1), (monday + 2, 4, 1), (monday + 24, 6, 2), (monday + 336, 8, 3), (monday + 336, 10, 4)], start=1
    ):
        shop.pull_request(
            number, opened=deployed - lead, commits={f"w{number}": deployed - lead}, merged=deployed - merged,
            merge_sha=str(number),
        )  # fmt: skip
        shop.commit(str(number), deployed - merged, (str(number - 1),))
        if number != 4:  # it goes out with the fifth
            shop.deploy(str(number), deployed, deployed)
    shop.commit("6", monday + 310, ("5",))
    shop.deploy("6", monday + 340, monday + 340)
    shop.deploy("5", monday + 342, monday + 342)
    shop.deploy("6", monday + 343, monday + 343, state="failure")
    shop.incident(90, opened=monday + 344)
    shop.sync(30 * 24)  # Wednesday, 1 April


@story
def days(shop: Company) -> None:
    """Two deployments, three days apart in Tokyo, where the second falls on the next day."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)  # 2 March, 18:00 there
    shop.commit("b", 2, ("a",))
    shop.deploy("b", 55.5, 55.5)  # 4 March, 15:30 UTC: already the 5th there
    shop.sync(80)  # 5 March 16:00 UTC: the 6th there


@story
def monorepo(shop: Company) -> None:
    """Two services in one repository; a change belongs to the service whose files it touches."""
    with shop.project.warehouse.connect("loader") as database:
        for position, service in enumerate(["web", "api"]):
            database.execute(
                "insert into app.service_path (tenant_id, position, repository, path, service) values (%s,%s,%s,%s,%s)",
                [shop.tenant_id, position, shop.repository, f"{service}/**", service],
            )
    shop.commit("a", 0)
    for service in ("web", "api"):
        shop.deploy("a", 1, 1, payload={"service": service})
    shop.pull_request(1, opened=2, commits={"w": 2}, merged=3, merge_sha="b")
    shop.add("pull_request_files", pull_request_number=1, filename="web/page.ts", status="modified")
    shop.commit("b", 3, ("a",))
    shop.deploy("b", 4, 4, payload={"service": "api"})
    shop.deploy("b", 5, 5, payload='{"service": "web"}')
    shop.sync(8)


@story
def clocks(shop: Company) -> None:
    """The first commit was authored after the pull request was opened."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.pull_request(1, opened=2, commits={"late": 3}, merged=4, merge_sha="b")
    shop.commit("b", 4, ("a",))
    shop.deploy("b", 5, 5)
    shop.sync(8)


@story
def cloned(shop: Company) -> None:
    """Nothing is known but a clone."""
    Team(shop).release_twice().sync(20)


@story
def cloned_too(shop: Company) -> None:
    """The same, and GitHub shows the same repository."""
    team = Team(shop).release_twice()
    team.sync(20)
    team.tell_github()
    shop.sync(20)


@story
def recorded_clone(shop: Company) -> None:
    """A real repository's year, where its record is on this machine."""
    if RECORDED.is_dir():
        team = Team(shop)
        shop.recorded = team.replay(RECORDED / "git_delivery")
        team.sync(0)

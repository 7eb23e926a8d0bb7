"""What happens in the companies of test_people.py."""

from tests.dbt_project.company import Company, at, sha

BOT = {"login": "renovate[bot]", "type": "Bot"}
GRACE = {"login": "grace", "type": "User"}
WEEK = 7 * 24  # hours


def tell(shop: Company) -> None:
    """Ada writes three pull requests, Grace one; Grace, Linus and Ada review."""
    shop.commit("root", 0)
    shop.pull_request(1, opened=2, commits={"one": 1, "one more": 1.5}, merged=10, merge_sha="squash 1")
    shop.review(1, 3, state="CHANGES_REQUESTED")
    shop.review(1, 4)
    shop.review(1, 5, login="linus", state="COMMENTED")
    shop.review(1, 6, login="ada", state="COMMENTED")  # her own
    shop.review(1, 11, login="linus")  # after the merge
    shop.pull_request(2, opened=20, commits={"two": 19}, merged=WEEK + 4, merge_sha="squash 2")
    shop.review(2, 30)
    shop.review(2, WEEK + 3)  # the same reviewer, a week later
    shop.pull_request(3, opened=WEEK + 1, commits={"three": WEEK}, user=GRACE)
    shop.review(3, WEEK + 2, login="ada")
    forced = shop.commit("three at first", WEEK - 1, ("root",))  # a forced push put another in its place
    shop.gone("pull_request_commits", {**forced, "pull_request_number": 3, "position": 1}, WEEK)
    shop.pull_request(4, opened=WEEK + 5, commits={"four": WEEK + 5}, merged=WEEK + 6, merge_sha="squash 4")
    shop.commit("squash 1", 10, ("root",))
    shop.commit("squash 2", WEEK + 4, ("squash 1",))
    shop.commit("squash 4", WEEK + 6, ("squash 2", "four"))  # a merge after all
    shop.commit("pushed", WEEK + 7, ("squash 4",))
    shop.add("repositories", id=1, name="shop", default_branch="main")
    shop.commit("forgotten", -91 * 24)
    shop.commit("one more", 1.5, ("root",))  # on a branch that GitHub still has
    shop.commit("three", WEEK, ("root",))
    heads = {"main": "pushed", "topic-1": "one more", "topic-3": "three", "spike": "forgotten", "odd": "never seen"}
    for name, commit in heads.items():
        shop.add("branches", name=name, sha=sha(commit), protected=name == "main")
    for number, (tag, hours) in enumerate((("v1", 1), ("v2-rc", 11), ("v2", 50), ("v3", WEEK + 7)), 1):
        shop.add("releases", id=number, tag_name=tag, draft=False, prerelease=tag == "v2-rc", published_at=at(hours))
    shop.add("releases", id=9, tag_name="v4", draft=True, prerelease=False, published_at=None)
    shop.deploy("root", 1, 1)
    shop.deploy("pushed", WEEK + 7.5, WEEK + 7.5)


def add_bots(shop: Company) -> None:
    """A bot that writes, merges, pushes and reviews; a human looks at what it wrote."""
    for number, hours in ((50, 5), (51, WEEK + 1)):
        shop.pull_request(number, opened=hours, commits={}, merged=hours + 2, merge_sha=f"bump {number}", user=BOT)
        shop.add("reviews", id=9000 + number, pull_request_number=1, user=BOT, state="APPROVED", submitted_at=at(2.5))
        shop.review(number, hours + 1, login="linus")
        shop.commit(f"bump {number}", hours + 2, ("root",), bot=True)
    shop.commit("pushed by a bot", 6, ("root",), bot=True)


def tell_of_a_long_weekend(shop: Company) -> None:
    """A team of New York, whose clocks go forward on Sunday 8 March, and who have Tuesday off."""
    with shop.project.warehouse.connect("loader") as database:
        for statement in (
            "insert into app.team (tenant_id, team, time_zone) values (%s, 'web', 'America/New_York')",
            "insert into app.team (tenant_id, team) values (%s, 'api')",
            "insert into app.team_member (tenant_id, team, person) values (%s, 'web', 'ada')",
            "insert into app.team_member (tenant_id, team, person) values (%s, 'api', 'grace')",
            "insert into app.team_repository (tenant_id, team, repository) values (%s, 'web', 'new-york/*')",
            "insert into app.holiday (tenant_id, day) values (%s, '2026-03-10')",
        ):
            database.execute(statement, [shop.tenant_id])
    shop.add("repositories", id=1, name="shop", default_branch="main")
    shop.commit("root", 0)
    shop.deploy("root", 1, 1)
    friday, monday, wednesday = 4 * 24 - 8, WEEK - 8, WEEK + 2 * 24 - 8  # midnight in UTC
    shop.pull_request(1, opened=friday + 23, commits={"one": friday + 20, "fix": monday + 27}, merged=wednesday + 15,
                      merge_sha="merged")  # fmt: skip
    shop.review(1, monday + 14, state="COMMENTED")
    shop.review(1, wednesday + 14)
    shop.review(1, wednesday + 14.5, login="linus")
    shop.commit("merged", wednesday + 15, ("root",))
    shop.deploy("merged", wednesday + 21.5, wednesday + 22)
    shop.add("branches", name="main", sha=sha("merged"), protected=True)
    for number, conclusion in enumerate(("success", "failure", "cancelled", "success", "success"), 1):
        shop.add(
            "workflow_runs", id=number, head_branch="main" if number < 5 else "topic", head_sha=sha("merged"),
            event="push", conclusion=conclusion, created_at=at(monday + number), run_started_at=at(monday + number),
        )  # fmt: skip
    add_coverage(shop, 1, "one", "codecov/project", "82.5% (+0.4%) compared to 1234567", wednesday)
    add_coverage(shop, 2, "merged", "codecov/patch", "12% of diff hit", wednesday + 16)
    add_coverage(shop, 3, "merged", "build", "90% of jobs done", wednesday + 16)


def add_coverage(shop: Company, number: int, commit: str, name: str, title: str, hours: float) -> None:
    shop.add(
        "check_runs", id=number, head_sha=sha(commit), name=name, app="checks", status="completed",
        conclusion="success", output_title=title, started_at=at(hours), completed_at=at(hours),
    )  # fmt: skip


def say_same_person(shop: Company, alias: str, person: str) -> None:
    with shop.project.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.override (tenant_id, kind, subject, object, value, reason)"
            " values (%s, 'same_person', %s, %s, true, 'she told us')",
            [shop.tenant_id, alias, person],
        )


def tell_of_versions(shop: Company) -> None:
    """Two releases, the second published two hours after another commit came; between them a tag that is none."""
    for number, name in enumerate(("one", "two", "three"), 1):
        shop.commit(name, number, (("root", "one", "two")[number - 1],))
    shop.commit("four", 5, ("three",))
    shop.pull_request(1, opened=2, commits={"work": 2, "more work": 2.5}, merged=3.01, merge_sha="three")
    for tag, commit in (("v1", "one"), ("build-1", "two"), ("v2", "three"), ("lost", "never seen")):
        shop.add("tags", name=tag, sha=sha(commit))
    for number, (tag, hours) in enumerate((("v1", 1.5), ("v2", 6)), 1):
        shop.add("releases", id=number, tag_name=tag, draft=False, prerelease=False, published_at=at(hours))

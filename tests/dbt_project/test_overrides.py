"""What a person says wins over the rules, is seen in the figure and its evidence, and can be taken back.

One history for all tests: shops of the same past are built, then something is said of each, then all of it is undone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from psycopg import Connection

from pipelines import overrides
from pipelines.connection_changes import Author
from pipelines.override_subjects import InvalidOverride, Wanted
from pipelines.overrides import AlreadyUndone, NoSuchOverride, OverrideExists
from pipelines.publish import publish
from tests import parsed
from tests.dbt_project.company import Company, at
from tests.dbt_project.project import DELIVERY, Project

pytestmark = pytest.mark.slow  # a dozen shops, built three times
MARTS = (*DELIVERY, "rules_in_force")
HOUR = 3600.0


class Shop:
    """A company with four releases, of which an incident follows the second and a rollback the third."""

    def __init__(self, project: Project, slug: str) -> None:
        self.project = project
        self.company = company = Company(project, slug, "UTC")
        self.tenant_id = company.tenant_id
        for number, name in enumerate("abcd"):
            company.commit(name, number * 10, tuple("abcd"[number - 1 : number]) if number else ())
        company.deploy("a", 1, 1)
        company.deploy("b", 11, 11)
        company.incident(7, opened=12, closed=14)
        company.deploy("c", 21, 21)
        company.deploy("b", 22, 22)
        company.deploy("d", 31, 31)
        company.deploy("d", 32, 32, state="failure")
        company.sync(40)
        self.deployments: list[UUID] = []  # in their order, as of the first build
        self.incident = UUID(int=0)
        self.phases: dict[str, dict[str, list[dict[str, Any]]]] = {}

    @contextmanager
    def database(self) -> Iterator[tuple[Connection, Author]]:
        with self.project.warehouse.connect_as_tenant(self.tenant_id) as database:
            yield database, Author(self.tenant_id)

    def say(self, kind: str, subject: Any, object: Any = None, value: bool = True, **more: Any) -> UUID:
        with self.database() as (database, author):
            wanted = Wanted(kind, str(subject), "she was there", object and str(object), value, **more)
            return overrides.add(database, author, wanted).override_id

    def take_back(self, override_id: UUID) -> None:
        with self.database() as (database, author):
            overrides.undo(database, author, override_id)

    def remember(self, phase: str) -> None:
        self.phases[phase] = {mart: sorted(self.project.rows(mart, self.tenant_id), key=str) for mart in MARTS}
        if not self.deployments:
            rows = self.company.rows("deployments", order="finished_at")
            self.deployments = [row["deployment_id"] for row in rows]
            self.incident = self.project.rows("issues", self.tenant_id)[0]["issue_id"]

    def figure(self, phase: str, metric: str = "change_failure_rate") -> tuple[float | None, int]:
        (row,) = [
            row for row in self.phases[phase]["dora_summary"]
            if (row["scope_kind"], row["window_days"], row["metric"]) == ("service", 7, metric)
        ]  # fmt: skip
        return row["value"], row["n"]

    def case(self, phase: str, number: int, metric: str = "change_failure_rate") -> dict[str, Any]:
        """What the evidence says of the deployment of this number."""
        (row,) = [
            row for row in self.phases[phase]["metric_evidence"]
            if (row["metric"], row["deployment_id"]) == (metric, self.deployments[number])
        ]  # fmt: skip
        return row


STORIES: dict[str, Callable[[Shop], None]] = {}


def story(tell: Callable[[Shop], None]) -> Callable[[Shop], None]:
    STORIES[tell.__name__] = tell
    return tell


def transform(project: Project, full: bool = False) -> None:
    """A build up to the published marts; of those the ones that overrides are checked against."""
    project.build(full)
    project.run("+issues")
    every = parsed.marts()
    publish(project.warehouse, {name: every[name] for name in ("deployments", "issues")})


@pytest.fixture(scope="module")
def shops(project: Project) -> dict[str, Shop]:
    told = {name: Shop(project, name.replace("_", "-")) for name in STORIES}
    transform(project)
    for name, shop in told.items():
        shop.remember("before")
        STORIES[name](shop)
    transform(project)
    for shop in told.values():
        shop.remember("during")
    told["a_full_refresh"].phases["sums"] = {"incremental": [project.checksums(MARTS)]}
    transform(project, full=True)
    told["a_full_refresh"].phases["sums"]["full"] = [project.checksums(MARTS)]
    paths = ["path:models/marts/delivery", "path:models/intermediate/deployments", "path:tests/delivery"]
    project.dbt("test", "--select", *paths, "--store-failures", manifest=project.manifest)
    for shop in told.values():
        with shop.database() as (database, author):
            for each in overrides.listed(database, is_undone=False):
                overrides.undo(database, author, each.override_id)
    transform(project)
    for shop in told.values():
        shop.remember("after")
    return told


def kinds(row: dict[str, Any]) -> list[tuple[str, bool]]:
    """Each piece of evidence, and whether it was overruled."""
    return [(each["kind"], each["overruled_by"] is not None) for each in row["evidence"] or []]


@story
def a_full_refresh(shop: Shop) -> None:
    """Something is said and taken back before it was built."""
    shop.take_back(shop.say("change_failure", shop.deployments[0]))


@story
def silence(shop: Shop) -> None:
    """Nobody says anything."""


def test_without_overrides_the_rules_decide(shops):
    shop = shops["silence"]

    assert shop.figure("before") == (0.5, 4)
    assert kinds(shop.case("before", 1)) == [("incident_nearby", False)]
    assert shop.case("before", 1)["evidence"][0]["reference"] == "silence/shop#7"
    assert kinds(shop.case("before", 2)) == [("rollback", False)]
    assert [shop.case("before", number)["left_out_because"] for number in range(6)] == [
        None, None, None, "rollback", None, "failure",
    ]  # fmt: skip


def test_where_nobody_said_anything_nothing_moves(shops):
    for name in ("silence", "a_full_refresh"):
        assert shops[name].phases["before"] == shops[name].phases["during"]


@story
def not_this_one(shop: Shop) -> None:
    shop.say("incident_cause", shop.incident, shop.deployments[1], value=False)


def test_an_incident_is_taken_off_a_deployment(shops):
    shop = shops["not_this_one"]
    row = shop.case("during", 1)

    assert shop.figure("during") == (0.25, 4)
    assert (row["is_counted"], row["is_in_numerator"], kinds(row)) == (True, False, [("incident_nearby", True)])
    assert row["evidence"][0]["overruled_because"] == "she was there"
    assert kinds(shop.case("during", 0)) == []  # the one before it is not blamed instead


@story
def another_one(shop: Shop) -> None:
    shop.say("incident_cause", shop.incident, shop.deployments[0])


def test_an_incident_that_is_put_down_to_one_deployment_leaves_the_other(shops):
    shop = shops["another_one"]

    assert shop.figure("during") == (0.5, 4)
    assert kinds(shop.case("during", 0)) == [("manual_override", False)]
    assert shop.case("during", 0)["evidence"][0] == {
        "kind": "manual_override", "confidence": 1, "source_ref": str(shop.incident), "reference": "another-one/shop#7",
        "reason": "she was there", "overruled_by": None, "overruled_because": None,
    }  # fmt: skip
    assert kinds(shop.case("during", 1)) == [("incident_nearby", True)]
    assert shop.case("during", 0, "recovery_time")["seconds"] == 13 * HOUR  # until the incident was resolved


@story
def verdicts(shop: Shop) -> None:
    shop.say("change_failure", shop.deployments[2], value=False)
    shop.say("change_failure", shop.deployments[1], value=False)
    shop.say("incident_cause", shop.incident, shop.deployments[1])
    shop.say("change_failure", shop.deployments[4])


def test_a_verdict_on_a_deployment_stands_above_everything(shops):
    shop = shops["verdicts"]

    assert shop.figure("during") == (0.25, 4)
    assert kinds(shop.case("during", 2)) == [("rollback", True)]
    assert kinds(shop.case("during", 1)) == [("manual_override", True), ("incident_nearby", True)]
    assert kinds(shop.case("during", 4)) == [("manual_override", False)]
    assert shop.case("during", 4, "recovery_time")["left_out_because"] == "still_broken"


@story
def dismissed(shop: Shop) -> None:
    shop.say("not_a_deployment", shop.deployments[2])


def test_what_is_no_deployment_is_in_no_figure_but_in_the_evidence(shops):
    shop = shops["dismissed"]
    row = shop.case("during", 2)

    assert len(shop.phases["during"]["deployments"]) == 5
    assert shop.figure("during") == (0.25, 4)  # what was a rollback of it is a redeploy, which counts
    assert shop.case("during", 3)["left_out_because"] is None
    assert shop.figure("during", "deployment_frequency")[1] == shop.figure("before", "deployment_frequency")[1] - 1
    assert (row["is_counted"], row["left_out_because"], row["override_reason"]) == (
        False, "dismissed", "she was there",
    )  # fmt: skip


@story
def a_day(shop: Shop) -> None:
    shop.say("change_failure", shop.deployments[0], valid_from=at(90).date())


@story
def its_day(shop: Shop) -> None:
    shop.say("change_failure", shop.deployments[0], valid_from=at(90).date())
    shop.company.sync(90)


def test_an_override_waits_for_its_day(shops):
    assert shops["a_day"].figure("during") == (0.5, 4)
    assert shops["its_day"].figure("during") == (0.75, 4)


def test_the_rules_version_tells_that_an_override_counts(shops):
    def version(shop: Shop) -> tuple[str, int]:
        rows = {row["rule_kind"]: row for row in shop.phases["during"]["rules_in_force"]}
        return rows["override"]["version"], rows["override"]["rule_count"]

    assert version(shops["silence"]) == version(shops["a_full_refresh"]) == version(shops["a_day"]) == ("default", 0)
    assert version(shops["verdicts"])[1] == 4
    assert version(shops["dismissed"])[0] not in ("default", version(shops["verdicts"])[0])


def test_incremental_equals_full_after_overrides(shops):
    sums = shops["a_full_refresh"].phases["sums"]

    assert sums["incremental"] == sums["full"]


REFUSED: list[tuple[str, str, Callable[[Shop], tuple[Any, ...]]]] = [
    ("kind", "there is no kind", lambda shop: ("cause", shop.deployments[0])),
    ("subject", "is no id", lambda shop: ("change_failure", "the last one")),
    ("subject", "there is no deployment", lambda shop: ("change_failure", shop.incident)),
    ("subject", "this is a rollback", lambda shop: ("change_failure", shop.deployments[3])),
    ("subject", "this is a failure in production", lambda shop: ("change_failure", shop.deployments[5])),
    ("object", "has none", lambda shop: ("change_failure", shop.deployments[0], shop.incident)),
    ("subject", "there is no incident", lambda shop: ("incident_cause", shop.deployments[0], shop.deployments[0])),
    ("object", "name the deployment", lambda shop: ("incident_cause", shop.incident, None, False)),
    ("object", "there is no deployment", lambda shop: ("incident_cause", shop.incident, shop.incident, False)),
    ("value", "undo the override", lambda shop: ("not_a_deployment", shop.deployments[0], None, False)),
]


@pytest.mark.parametrize(("field", "words", "wanted"), REFUSED)
def test_what_cannot_be_so_is_refused_with_the_field_named(shops, field, words, wanted):
    with pytest.raises(InvalidOverride, match=words) as refused:
        shops["silence"].say(*wanted(shops["silence"]))

    assert refused.value.field == field


def test_one_tenants_deployment_is_unknown_to_another(shops):
    with pytest.raises(InvalidOverride, match="no deployment of this id"):
        shops["silence"].say("change_failure", shops["verdicts"].deployments[0])


def test_one_tenants_override_is_unknown_to_another(shops):
    said = shops["verdicts"].say("change_failure", shops["verdicts"].deployments[0], value=False)
    with shops["silence"].database() as (database, author):
        assert overrides.listed(database) == []
        with pytest.raises(NoSuchOverride):
            overrides.undo(database, author, said)


def test_the_same_cannot_be_said_twice_nor_undone_twice(shops):
    shop = shops["another_one"]
    said = shop.say("change_failure", shop.deployments[0])
    with pytest.raises(OverrideExists):
        shop.say("change_failure", shop.deployments[0], value=False)
    shop.take_back(said)
    with pytest.raises(AlreadyUndone):
        shop.take_back(said)


@pytest.mark.parametrize("name", [name for name in STORIES if name != "its_day"])  # whose data went on meanwhile
def test_undone_is_as_if_it_had_never_been_said(shops, name):
    assert shops[name].phases["after"] == shops[name].phases["before"]

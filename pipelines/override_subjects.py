"""What an override may say: its kinds, and whether what it speaks of exists and can be so."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from pipelines.names import is_blank

# Kind → what it says of its subject where its value is true.
KINDS = {
    "change_failure": "the deployment SUBJECT is a change failure (false: it is none)",
    "incident_cause": "the incident SUBJECT was caused by the deployment OBJECT (false: it was not)",
    "not_a_deployment": "the run, release, tag or deployment SUBJECT is no deployment",
    "same_person": "the login, name or e-mail address SUBJECT is the contributor OBJECT",
}
DEPLOYMENT = "select status, environment_class, is_rollback from marts.deployments where deployment_id = %s"
CONTRIBUTOR = "select contributor from marts.contributors_weekly where lower(contributor) = lower(%s) limit 1"
# Who was merged before, and is no contributor until the next build: that may be said anew.
ONCE_MERGED = "select subject from app.override where kind = 'same_person' and lower(subject) = lower(%s) limit 1"
MERGED_INTO = (
    "select object from app.override where kind = 'same_person' and undone_at is null and lower(subject) = lower(%s)"
)
HAS_MERGED = (
    "select subject from app.override where kind = 'same_person' and undone_at is null and lower(object) = lower(%s)"
    " limit 1"
)
INCIDENT = "select is_incident from marts.issues where issue_id = %s"


class InvalidOverride(Exception):
    """It cannot be so. `field` is what does not fit; the message says why and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Wanted:
    """An override that somebody wants. `valid_from`: the day of the tenant's data from which on it counts."""

    kind: str
    subject: str
    reason: str
    object: str | None = None
    value: bool = True
    valid_from: date | None = None


def checked(database: Connection, wanted: Wanted) -> tuple[str, str | None]:
    """Subject and object as they are stored. Raises InvalidOverride for what cannot be so or does not exist."""
    if wanted.kind not in KINDS:
        raise InvalidOverride("kind", f"there is no kind {wanted.kind[:50]!r}. Do: use one of {', '.join(KINDS)}.")
    if all(map(is_blank, wanted.reason)):
        raise InvalidOverride("reason", "say why, for those who read the figure later.")
    if wanted.kind == "same_person":
        return _people(database, wanted)
    if wanted.kind == "incident_cause":
        incident = _id("subject", wanted.subject)
        row = _row(database, INCIDENT, incident)
        if row is None or not row[0]:
            raise InvalidOverride(
                "subject", "there is no incident of this id. Do: take an issue_id from the mart issues."
            )
        if wanted.object is None:
            raise InvalidOverride("object", "name the deployment that caused it, or did not.")
        deployment = _id("object", wanted.object)
        _deployment(database, "object", deployment, must_be_able_to_fail=wanted.value)
        return str(incident), str(deployment)
    if wanted.object is not None:
        raise InvalidOverride("object", f"an override of kind {wanted.kind} has none.")
    if wanted.kind == "not_a_deployment" and not wanted.value:
        raise InvalidOverride("value", "a rule decides what is a deployment. Do: undo the override instead.")
    deployment = _id("subject", wanted.subject)
    _deployment(database, "subject", deployment, wanted.kind == "change_failure" and wanted.value)
    return str(deployment), None


def _deployment(database: Connection, field: str, deployment_id: UUID, must_be_able_to_fail: bool) -> None:
    row = _row(database, DEPLOYMENT, deployment_id)
    if row is None:
        raise InvalidOverride(
            field, "there is no deployment of this id. Do: take a deployment_id from the mart deployments."
        )
    status, environment_class, is_rollback = row
    if must_be_able_to_fail and (status != "success" or environment_class != "production" or is_rollback):
        what = "a rollback" if is_rollback else f"a {status} in {environment_class}"
        raise InvalidOverride(
            field, f"only a success in production that is no rollback can be a change failure, and this is {what}."
        )


def _people(database: Connection, wanted: Wanted) -> tuple[str, str]:
    """Who is whom, as the marts spell them. One step only: nobody is merged into somebody who is merged away."""
    alias = wanted.subject.strip()
    if not wanted.value:
        raise InvalidOverride("value", "rules decide who is one person. Do: undo the override instead.")
    if wanted.object is None:
        raise InvalidOverride("object", "name the contributor who that is.")
    person = wanted.object.strip()
    known = _row(database, CONTRIBUTOR, person)
    into = _row(database, MERGED_INTO, person)
    if into is not None:
        raise InvalidOverride("object", f"that is {into[0]}, as somebody said. Do: name {into[0]}.")
    if known is None:
        raise InvalidOverride("object", "there is no such contributor. Do: take one from the mart contributors_weekly.")
    if alias.lower() == person.lower():
        raise InvalidOverride("object", "that is the same name; only another one can be merged.")
    if _row(database, HAS_MERGED, alias) is not None:
        raise InvalidOverride(
            "subject", "others were merged into it. Do: merge the other way round, or undo these overrides first."
        )
    if "@" in alias:  # addresses are in no mart; one that no commit has changes nothing
        return alias.lower(), known[0]
    found = _row(database, CONTRIBUTOR, alias) or _row(database, ONCE_MERGED, alias)
    if found is None:
        raise InvalidOverride(
            "subject", "there is no such contributor. Do: take one from the mart contributors_weekly, or an address."
        )
    return found[0], known[0]


def _row(database: Connection, query: str, key: Any) -> tuple[Any, ...] | None:
    try:
        return database.execute(query, [key]).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise InvalidOverride("subject", "nothing is published yet. Do: load and transform first.") from None


def _id(field: str, given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise InvalidOverride(field, f"{given[:50]!r} is no id.") from None

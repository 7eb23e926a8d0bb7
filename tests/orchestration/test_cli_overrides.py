"""`clearsignal override …`: said, listed and undone by the operator; what does not fit in one message."""

import json
from uuid import uuid4

import psycopg

from pipelines import tenants
from pipelines.warehouse.connection import Warehouse
from tests.orchestration.test_cli import clearsignal, said

SHIPPED = uuid4()
# The columns that an override is checked against, of a table that the publish step would have made.
DEPLOYMENTS = """
    create table marts.deployments (tenant_id uuid, deployment_id uuid, status text, environment_class text,
        is_rollback boolean);
    grant select on marts.deployments to clearsignal_api
"""


def publish(warehouse: Warehouse) -> None:
    with warehouse.connect("transformer") as database:
        database.execute(DEPLOYMENTS)
        database.execute(
            "insert into marts.deployments select tenant_id, %s, 'success', 'production', false from app.tenant",
            [SHIPPED],
        )


def test_an_override_is_added_listed_and_undone(warehouse: Warehouse):
    url = {"DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode()}
    tenants.create(warehouse, "acme", "Acme")
    add = ("override", "add", "change_failure", str(SHIPPED), "--not", "--reason", "a drill")

    early = clearsignal(warehouse.home, *add, **url)
    publish(warehouse)
    added = clearsignal(warehouse.home, *add, "--from", "2026-05-01", **url)
    unknown = clearsignal(warehouse.home, *add[:3], str(uuid4()), *add[4:], **url)
    (listed,) = json.loads(clearsignal(warehouse.home, "override", "list", "--json", **url).stdout)
    undone = clearsignal(warehouse.home, "override", "undo", listed["override_id"], **url)
    again = clearsignal(warehouse.home, "override", "undo", listed["override_id"], **url)
    left = clearsignal(warehouse.home, "override", "list", "--json", **url)

    assert early.returncode == 2 and "nothing is published yet" in said(early)
    assert added.returncode == 0 and listed["override_id"] in said(added)
    assert (listed["value"], listed["reason"], listed["valid_from"]) == (False, "a drill", "2026-05-01")
    assert unknown.returncode == 2 and "subject: there is no deployment of this id" in said(unknown)
    assert undone.returncode == 0 and again.returncode == 2
    assert "it was undone on" in said(again)
    assert json.loads(left.stdout) == []
    with psycopg.connect(warehouse.admin_url) as database:
        assert database.execute(
            "select action, user_id from app.audit_entry where subject = 'override' order by entry_id"
        ).fetchall() == [("create", None), ("undo", None)]

"""The marts of this checkout's dbt project, some rows in those of the dashboard, and the API over them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import dbt_project
from pipelines import accounts, contracts, mart_tables, tenants
from tests.api.conftest import PASSWORD

CONNECTION, IN_TROUBLE = uuid4(), uuid4()
NOW = datetime.now(UTC)


def publish_empty(warehouse, manifest):
    """All marts of the project, empty but for those of the dashboard; returns the two tenants."""
    path = dbt_project.manifest_path(warehouse.home)
    path.parent.mkdir(parents=True)
    path.write_bytes(manifest.read_bytes())
    acme, globex = (tenants.create(warehouse, slug, slug.capitalize()) for slug in ("acme", "globex"))
    for tenant in (acme, globex):
        for role in ("viewer", "editor", "admin"):
            accounts.create_user(warehouse, f"{role}@{tenant.slug}.example", role, PASSWORD, tenant, role)
    marts = contracts.read(path)
    with warehouse.connect("transformer") as connection:
        for mart in marts.values():
            for statement in [*mart_tables.create(mart, mart.name), *mart_tables.index(mart, mart.name)]:
                connection.execute(statement)
            connection.execute(
                "insert into app.mart_version (tenant_id, mart, version, contract_checksum, as_of, publish_id)"
                " select tenant_id, %s, 1, %s, %s, 1 from app.tenant",
                [mart.name, mart.checksum, NOW],
            )
        for tenant in (acme, globex):
            fill_dashboard(connection, marts, tenant, 3 if tenant is acme else 7)
    with warehouse.connect("loader") as connection:
        fill_sync_runs(connection, acme)
        fill_troubles(connection, acme)
    return acme, globex


def fill_dashboard(connection, marts, tenant, count):
    """`count` issues of one source, one of them resolved, on two days."""
    for number in range(count):
        key = uuid4()
        given = {
            "issue_id": key, "id": key, "source": "github", "status": "resolved" if number == 0 else "open",
            "title": f"of {tenant.slug}", "severity": 4, "created_at": NOW, "updated_at": NOW, "key": str(number),
        }  # fmt: skip
        insert(connection, marts["issues"], tenant, given)
    for day, created, resolved, open_count in ((1, count, 0, count), (2, 0, 1, count - 1)):
        same = {
            "source": "github",
            "severity": 4,
            "day": f"2026-01-0{day}",
            "resolved_count": resolved,
            "open_count": open_count,
        }
        flow = {**same, "project": "p", "team": "t", "created_count": created, "reopened_count": 0}
        insert(connection, marts["issue_flow_daily"], tenant, flow)
        insert(connection, marts["severity_daily"], tenant, {**same, "issue_count": created, "severity_load": 0})
    health = {
        "connection_id": CONNECTION,
        "resource": "issues",
        "source": "github",
        "success_rate": 0.5,
        "lag_seconds": 60.0,
    }
    insert(connection, marts["sync_health"], tenant, health)


def insert(connection, mart, tenant, given):
    """A row; what the contract requires beyond it gets its type's neutral value."""
    neutral = {
        "text": "",
        "boolean": False,
        "integer": 0,
        "bigint": 0,
        "double precision": 0.0,
        "smallint": 0,
        "text[]": [],
    }
    row = {"tenant_id": tenant.tenant_id}
    for column in mart.columns:
        if column.name in given:
            row[column.name] = given[column.name]
        elif column.not_null and column.name not in row:
            row[column.name] = neutral.get(column.type, NOW)
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    connection.execute(f"insert into marts.{mart.name} ({names}) values ({marks})", list(row.values()))


def fill_sync_runs(connection, tenant):
    """A connection whose issues loaded, then failed."""
    connection.execute(
        "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'github', 'shop')",
        [tenant.tenant_id, CONNECTION],
    )
    for minutes, status, error in ((30, "succeeded", None), (5, "failed", "credentials")):
        at = NOW - timedelta(minutes=minutes)
        connection.execute(
            "insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status,"
            " as_of, row_count, error_class, error_message, http_status)"
            " values (%s, %s, 'github', 'issues', %s, %s, %s, %s, 12, %s, %s, %s)",
            [tenant.tenant_id, CONNECTION, at, at, status, at, error,
             error and "The token was refused. Do: enter another.", 401 if error else None],
        )  # fmt: skip


def fill_troubles(connection, tenant):
    """A connection that waits for a limit, one resource of which needs attention, with all there is to tell."""
    key = (tenant.tenant_id, IN_TROUBLE)
    connection.execute(
        "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'github', 'troubled')", key
    )
    connection.execute(
        "insert into app.sync_run (tenant_id, connection_id, source, resource, finished_at, status, as_of)"
        " values (%s, %s, 'github', 'issues', now(), 'succeeded', now())",
        key,
    )
    hold = (
        "insert into app.sync_hold (tenant_id, connection_id, resource, error_class, reason, failure_count, resume_at,"
        " needs_attention, updated_at) values (%s, %s, %s, %s, %s, %s, now() + %s, %s, now())"
    )
    limit = "The limit is used up. Do: nothing: the next sync goes on where this one stopped."
    connection.execute(hold, [*key, "", "rate_limited", limit, 1, timedelta(hours=1), False])
    connection.execute(hold, [*key, "issues", "permission", "Not allowed.", 3, None, True])
    connection.execute(
        "insert into app.quarantine (tenant_id, connection_id, table_name, record_key, source, resource, reason,"
        " record, first_seen_at, last_seen_at) values (%s, %s, 'issues', '[\"1\"]', 'github', 'issues', 'no id',"
        ' \'{"body": "canary record"}\', now(), now())',
        key,
    )
    connection.execute(
        "insert into app.schema_drift (tenant_id, connection_id, table_name, field, change, first_seen_at)"
        " values (%s, %s, 'issues', 'sub_issues', 'added', now())",
        key,
    )
    connection.execute(
        "insert into app.backfill (tenant_id, connection_id, resource, kept_count, begun_with, expected_count, seconds,"
        " reaches_back_to, started_at, updated_at)"
        " values (%s, %s, 'issues', 300, 100, 1000, 50, '2025-03-03T00:00Z', now(), now())",
        key,
    )
    connection.execute("insert into app.completeness values (%s, %s, 'issues', 200, 199, now())", key)
    connection.execute("insert into app.connection_quota values (%s, %s, 5000, 12, now(), now())", key)

"""app.override: what a person decided about a deployment or an incident, against whatever the rules say."""

from alembic import op

from pipelines.warehouse.walls import TENANT, protect

revision, down_revision = "0015", "0014"

TABLE = """
create table app.override (  -- rows are only ever added and undone
    tenant_id uuid not null references app.tenant on delete cascade,
    override_id uuid not null default gen_random_uuid(),
    kind text not null check (kind in ('change_failure', 'incident_cause', 'not_a_deployment')),
    subject text not null,  -- id of the deployment, of incident_cause that of the incident
    object text,  -- of incident_cause the id of the deployment
    value boolean not null,  -- whether it is so
    reason text not null,
    author uuid,  -- null: the operator, by the command line
    created_at timestamptz not null default now(),
    valid_from date,  -- it counts from this day of the tenant's data on; null: at once
    undone_at timestamptz,
    undone_by uuid,
    primary key (tenant_id, override_id)
);
create unique index override_in_force on app.override (tenant_id, kind, subject, coalesce(object, ''))
    where undone_at is null;
"""


def upgrade() -> None:
    op.execute(TABLE)
    for statement in protect("app.override"):
        op.execute(statement)
    op.execute(
        "grant insert (tenant_id, override_id, kind, subject, object, value, reason, author, valid_from),"
        " update (undone_at, undone_by) on app.override to clearsignal_api"
    )
    op.execute("grant select, insert, update, delete on app.override to clearsignal_loader")
    op.execute("grant select on app.override to clearsignal_transformer")
    # A change of rules is a package of its own: whoever may change them may say so, and read none.
    op.execute(
        f"create policy api_news on app.load_package for insert to clearsignal_api with check (tenant_id = {TENANT})"
    )
    op.execute("grant insert (tenant_id, connection_id, load_id, source) on app.load_package to clearsignal_api")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

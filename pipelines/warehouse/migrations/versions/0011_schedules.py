"""app.sync_schedule: when a tenant wants a source to be loaded, where that is not the default."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0011", "0010"

TABLE = """
create table app.sync_schedule (
    tenant_id uuid not null references app.tenant on delete cascade,
    source text not null,
    cron text not null,  -- five fields, in the tenant's zone
    changed_at timestamptz not null default now(),
    primary key (tenant_id, source)
);
"""


def upgrade() -> None:
    op.execute(TABLE)
    for statement in protect("app.sync_schedule", writers=("api",)):
        op.execute(statement)
    op.execute("grant select, insert, update, delete on app.sync_schedule to clearsignal_loader")
    op.execute("grant select on app.sync_schedule to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

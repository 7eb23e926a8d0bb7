"""app.sync_run by run: what a run did for a tenant, and the runs that lately did something for it."""

from alembic import op

revision, down_revision = "0027", "0026"


def upgrade() -> None:
    op.execute("create index if not exists sync_run_of_run on app.sync_run (tenant_id, dagster_run_id)")
    op.execute(
        "create index if not exists sync_run_newest on app.sync_run (tenant_id, started_at desc)"
        " where dagster_run_id is not null"
    )


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

"""app.upload: files that a tenant uploaded, from their acceptance to their undoing."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0010", "0009"

TABLE = """
create table app.upload (
    tenant_id uuid not null references app.tenant on delete cascade,
    upload_id uuid not null default gen_random_uuid(),
    kind text not null,
    name text not null check (length(name) <= 200),
    status text not null default 'accepted' check (status in ('accepted', 'loaded', 'failed', 'undoing', 'undone')),
    row_count bigint not null,
    byte_count bigint not null,
    sha256 text not null,  -- of the bytes as they came
    format jsonb not null,  -- how it was read: delimiter, encoding, date_format, decimal
    user_id uuid,  -- null: the operator, by the command line
    uploaded_at timestamptz not null default now(),
    finished_at timestamptz,  -- since when it is loaded, failed or undone
    error text,
    primary key (tenant_id, upload_id)
);
create index upload_waiting on app.upload (tenant_id, upload_id) where status in ('accepted', 'undoing');
"""


def upgrade() -> None:
    op.execute(TABLE)
    for statement in protect("app.upload"):
        op.execute(statement)
    op.execute("grant insert, update (status) on app.upload to clearsignal_api")
    op.execute("grant select, insert, update, delete on app.upload to clearsignal_loader")
    op.execute("grant select on app.upload to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

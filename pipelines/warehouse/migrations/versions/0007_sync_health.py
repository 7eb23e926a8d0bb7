"""What is amiss with each connection's loads: holds, quarantined records, changed fields, completeness, quota left."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0007", "0006"

OF_CONNECTION = "foreign key (tenant_id, connection_id) references app.connection on delete cascade"
TABLES = f"""
create table app.sync_hold (  -- what failed at its last try, and how long it is left alone
    tenant_id uuid not null,
    connection_id uuid not null,
    resource text not null,  -- '': the whole connection
    error_class text not null,
    reason text not null,
    failure_count integer not null default 1,  -- tries in a row
    resume_at timestamptz,  -- null: the next scheduled sync tries again
    needs_attention boolean not null default false,  -- waits until somebody resumes it
    updated_at timestamptz not null,
    primary key (tenant_id, connection_id, resource),
    {OF_CONNECTION}
);

create table app.quarantine (  -- records that do not fit their table, as the source sent them
    tenant_id uuid not null,
    connection_id uuid not null,
    table_name text not null,
    record_key text not null,  -- the table's own key as JSON; a record without one: a digest of it
    source text not null,
    resource text not null,
    reason text not null,
    record jsonb not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    seen_count integer not null default 1,
    primary key (tenant_id, connection_id, table_name, record_key),
    {OF_CONNECTION}
);

create table app.source_field (  -- the fields that a table's records had when they were last read
    tenant_id uuid not null,
    connection_id uuid not null,
    table_name text not null,
    known text[] not null,
    steady text[] not null,  -- those that every record had
    updated_at timestamptz not null,
    primary key (tenant_id, connection_id, table_name),
    {OF_CONNECTION}
);

create table app.schema_drift (  -- fields that came after the first load, or that are sent no more
    tenant_id uuid not null,
    connection_id uuid not null,
    table_name text not null,
    field text not null,
    change text not null check (change in ('added', 'gone')),
    first_seen_at timestamptz not null,
    primary key (tenant_id, connection_id, table_name, field),
    {OF_CONNECTION}
);

create table app.completeness (  -- by the last sweep: what the source has, and how much of it is kept
    tenant_id uuid not null,
    connection_id uuid not null,
    resource text not null,
    source_count bigint not null,
    kept_count bigint not null,
    measured_at timestamptz not null,
    primary key (tenant_id, connection_id, resource),
    {OF_CONNECTION}
);

create table app.connection_quota (  -- the tightest limit on requests, as it stood at the end of the last load
    tenant_id uuid not null,
    connection_id uuid not null,
    quota_limit bigint not null,
    quota_left bigint not null,
    resets_at timestamptz,
    measured_at timestamptz not null,
    primary key (tenant_id, connection_id),
    {OF_CONNECTION}
);

alter table app.sync_run add column quarantined_count bigint;
alter table app.connection
    add column last_load_seconds double precision,
    add column loaded_scope jsonb;  -- the repositories or projects of the last load
"""
NAMES = ("sync_hold", "quarantine", "source_field", "schema_drift", "completeness", "connection_quota")
# A reader counts what lies in quarantine and sees why; the records may hold what no mart shows.
SHOWN = {
    "quarantine": (
        "tenant_id", "connection_id", "table_name", "source", "resource", "reason",
        "first_seen_at", "last_seen_at", "seen_count",
    ),
}  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    for name in NAMES:
        for statement in protect(f"app.{name}", columns=SHOWN.get(name, ())):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on app.{name} to clearsignal_loader")
        op.execute(f"grant select on app.{name} to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

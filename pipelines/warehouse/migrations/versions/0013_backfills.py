"""app.backfill: how far the past of a resource has been read, while a first sync is at it."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0013", "0012"

TABLE = """
create table app.backfill (
    tenant_id uuid not null,
    connection_id uuid not null,
    resource text not null,
    kept_count bigint not null,  -- records that are committed
    expected_count bigint,  -- by the source's own count; null: it does not tell
    begun_with bigint not null,  -- records that were kept when the sync began that is at it now, or was last
    seconds double precision not null default 0,  -- of that sync's work on this resource
    reaches_back_to timestamptz,
    started_at timestamptz not null,
    updated_at timestamptz not null,
    finished_at timestamptz,
    -- Records that come while the past is read can exceed the count.
    share double precision generated always as (
        case
            when finished_at is not null then 1
            when expected_count > 0 then least(0.999, kept_count / expected_count::double precision)
        end
    ) stored,
    -- Two seconds of work are too few to speak of a pace.
    remaining_seconds double precision generated always as (
        case
            when finished_at is not null then 0
            when kept_count > begun_with and seconds >= 2
                then greatest(0, expected_count - kept_count) * seconds / (kept_count - begun_with)
        end
    ) stored,
    primary key (tenant_id, connection_id, resource),
    foreign key (tenant_id, connection_id) references app.connection on delete cascade
);
"""


def upgrade() -> None:
    op.execute(TABLE)
    for statement in protect("app.backfill"):
        op.execute(statement)
    op.execute("grant select, insert, update, delete on app.backfill to clearsignal_loader")
    op.execute("grant select on app.backfill to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

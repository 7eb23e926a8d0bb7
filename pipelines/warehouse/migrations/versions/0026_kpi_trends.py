"""Where each KPI goes: one row a series and window. No reader's role enters."""

from alembic import op

revision, down_revision = "0026", "0025"

TABLE = """
create table ml.kpi_trends (
    tenant_id uuid not null,
    metric text not null,
    entity text not null,
    window_days bigint not null,
    made_on date not null,
    measured_days bigint not null,
    coverage double precision not null check (coverage between 0 and 1),
    level double precision,  -- this and all below: null where refused
    tau double precision check (tau between -1 and 1),
    p_value double precision check (p_value between 0 and 1),
    variance_factor double precision check (variance_factor >= 1),
    slope double precision,
    slope_lower_95 double precision,
    slope_upper_95 double precision,
    change_ratio_30d double precision,
    direction text check (direction in ('up', 'down', 'none')),
    trend_strength double precision check (trend_strength between 0 and 1),
    week_strength double precision check (week_strength between 0 and 1),
    refusal_reason text,
    fingerprint text not null,  -- of the days that it was made from
    primary key (tenant_id, metric, entity, window_days)
);
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("grant select, insert, update, delete, truncate on ml.kpi_trends to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

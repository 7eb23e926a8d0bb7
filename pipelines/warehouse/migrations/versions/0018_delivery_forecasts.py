"""What the forecasts of delivery and the estimates of story points compute. No reader's role enters."""

from alembic import op

revision, down_revision = "0018", "0017"

TABLES = """
create table ml.delivery_forecasts (
    tenant_id uuid not null,
    source text not null,
    project text not null,
    scope_kind text not null check (scope_kind in ('backlog', 'sprint', 'epic')),
    scope_id text not null,
    scope text not null,
    made_on date not null,
    remaining_count bigint not null,
    day_p50 date,  -- null: refused, or not within three years
    day_p85 date,
    day_p95 date,
    week_count bigint not null,
    weekly_mean double precision,
    backtest_n bigint,
    coverage_85 double precision,
    refusal_reason text,
    primary key (tenant_id, source, project, scope_kind, scope_id)
);

create table ml.throughput_forecasts (
    tenant_id uuid not null,
    source text not null,
    project text not null,
    day date not null,
    made_on date not null,
    count_p50 bigint not null,
    count_p85 bigint not null,
    count_p95 bigint not null,
    primary key (tenant_id, source, project, day)
);

create table ml.story_point_estimates (
    tenant_id uuid not null,
    issue_id uuid not null,
    made_on date not null,
    estimate double precision,  -- null: refused
    low double precision,
    high double precision,
    n bigint not null,
    known_n bigint not null,
    neighbours text,  -- a JSON list, most alike first
    mean_error double precision,
    mean_error_of_median double precision,
    backtest_n bigint,
    refusal_reason text,
    primary key (tenant_id, issue_id)
);

create table ml.story_point_inputs (  -- what a tenant's estimates were last made from
    tenant_id uuid not null primary key,
    fingerprint text not null
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("grant select, insert, update, delete, truncate on all tables in schema ml to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

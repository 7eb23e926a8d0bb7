"""What the Python assets compute: first deployments, sentiment, forecasts, anomalies. No reader's role enters."""

from alembic import op

revision, down_revision = "0003", "0002"

TABLES = """
create table ml.commit_deployments (
    tenant_id uuid not null,
    repository text not null,
    service text not null,
    environment text not null,
    sha text not null,
    deployment_id uuid not null,
    method text not null check (method in ('ancestry', 'baseline')),
    primary key (tenant_id, repository, service, environment, sha)
);
create index on ml.commit_deployments (tenant_id, deployment_id);

create table ml.sentiments (
    tenant_id uuid not null,
    entity_kind text not null check (entity_kind in ('news_article', 'issue')),
    entity_id text not null,
    content_hash text not null,
    sentiment double precision check (sentiment between -1 and 1),  -- null: no scorer for the language
    scorer text not null,
    scorer_version text not null,
    scored_at timestamptz not null default now(),
    primary key (tenant_id, entity_kind, entity_id)
);

create table ml.forecasts (
    tenant_id uuid not null,
    metric text not null,
    entity text not null,
    model text not null check (model in ('combination', 'prophet', 'seasonal_naive')),
    day date not null,
    made_on date not null,
    value double precision,
    lower_80 double precision,
    upper_80 double precision,
    lower_95 double precision,
    upper_95 double precision,
    is_published boolean not null default false,
    mase double precision,
    smape double precision,
    wis double precision,
    coverage_80 double precision,
    coverage_95 double precision,
    beats_seasonal_naive boolean,
    interval_basis text,
    refusal_reason text,
    primary key (tenant_id, metric, entity, model, day)
);

create table ml.anomalies (
    tenant_id uuid not null,
    metric text not null,
    entity text not null,
    day date not null,
    value double precision not null,
    expected double precision,
    score double precision not null,
    direction text not null check (direction in ('up', 'down')),
    kind text not null check (kind in ('spike', 'drop', 'level_shift')),
    primary key (tenant_id, metric, entity, day)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("grant select, insert, update, delete, truncate on all tables in schema ml to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

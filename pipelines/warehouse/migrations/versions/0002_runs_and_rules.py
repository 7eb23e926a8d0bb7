"""What was loaded, built and published, and the rules by which a tenant's data are read."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0002", "0001"

RUNS = """
create table app.sync_run (  -- one row for each try to load a (tenant, connection, resource)
    tenant_id uuid not null references app.tenant on delete cascade,
    sync_run_id uuid not null default gen_random_uuid(),
    connection_id uuid not null,
    source text not null,
    resource text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,  -- null: running, or killed
    status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'skipped')),
    attempt integer not null default 1,
    row_count bigint,
    error_class text,
    error_message text,
    http_status integer,
    cursor_value text,
    as_of timestamptz,  -- the instant up to which the source was read
    dagster_run_id text,
    load_id text,
    primary key (tenant_id, sync_run_id)
);
create index on app.sync_run (tenant_id, connection_id, resource, started_at desc);

create table app.load_package (  -- one row for each committed package with rows; build_id null: not built yet
    tenant_id uuid not null references app.tenant on delete cascade,
    connection_id uuid not null,
    load_id text not null,
    source text not null,
    loaded_at timestamptz not null default now(),
    build_id bigint,
    primary key (tenant_id, connection_id, load_id)
);
create index on app.load_package (build_id);

create table app.quota (  -- requests used by (host, credential) in a fixed window; shared by all processes
    host text not null,
    credential text not null,  -- a digest, never the credential itself
    "window" text not null check ("window" in ('hour', 'day', 'month')),
    window_start timestamptz not null,
    used bigint not null default 0,
    quota_limit bigint,
    resets_at timestamptz,
    primary key (host, credential, "window", window_start)
);

create table app.response_cache (  -- answers of keyless sources, fetched once for all tenants that ask
    request_hash bytea primary key,
    source text not null,
    url text not null,
    body bytea not null,
    fetched_at timestamptz not null default now(),
    expires_at timestamptz
);

create table app.build (
    build_id bigint generated always as identity primary key,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'held')),
    is_full boolean not null default false,
    message text
);

create table app.mart_version (
    tenant_id uuid not null references app.tenant on delete cascade,
    mart text not null,
    version bigint not null,
    contract_checksum text not null,
    as_of timestamptz,
    published_at timestamptz not null default now(),
    publish_id bigint not null,
    primary key (tenant_id, mart)
);

create table app.mart_publication (  -- which table of schema build a mart was last published from
    mart text primary key,
    build_oid oid not null,
    contract_checksum text not null,
    published_at timestamptz not null default now()
);
create sequence app.publish_id;
"""

RULES = """
create table app.deployment_rule (  -- what counts as a deployment; no rows: GitHub deployments of every repository
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    repository text not null default '*',
    origin text not null check (origin in ('deployments', 'workflow_runs', 'releases', 'tags')),
    pattern text not null default '*',
    environment text,
    service text,
    primary key (tenant_id, position)
);

create table app.environment_rule (  -- raw environment name → class, before the default rules
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    pattern text not null,
    environment_class text not null
        check (environment_class in ('production', 'staging', 'testing', 'development')),
    primary key (tenant_id, position)
);

create table app.service_path (  -- monorepo: which files belong to which service
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    repository text not null,
    path text not null,
    service text not null,
    primary key (tenant_id, position)
);

create table app.incident_rule (  -- what counts as an incident; no rows: the default rules
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    source text not null,
    field text not null check (field in ('issue_type', 'label', 'priority')),
    pattern text not null,
    is_incident boolean not null default true,
    primary key (tenant_id, position)
);
"""


def upgrade() -> None:
    op.execute(RUNS)
    op.execute(RULES)
    rules = ("deployment_rule", "environment_rule", "service_path", "incident_rule")
    walls = [*protect("app.sync_run"), *protect("app.load_package", readers=()), *protect("app.mart_version")]
    for name in rules:
        walls += protect(f"app.{name}")
    for statement in walls:
        op.execute(statement)
    op.execute("grant select, insert, update, delete on all tables in schema app to clearsignal_loader")
    op.execute("grant select on all tables in schema app to clearsignal_transformer")
    op.execute("revoke select on app.user, app.session, app.sign_in_code from clearsignal_transformer")
    written = "app.build, app.load_package, app.mart_version, app.mart_publication"
    op.execute(f"grant insert, update, delete on {written} to clearsignal_transformer")
    op.execute("grant usage on sequence app.publish_id to clearsignal_transformer")
    op.execute("revoke all on app.alembic_version from clearsignal_loader, clearsignal_transformer")
    op.execute("grant select on app.alembic_version to clearsignal_loader, clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

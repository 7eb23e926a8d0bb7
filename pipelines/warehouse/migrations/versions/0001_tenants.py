"""Schemas; tenants with their places, users, memberships, sessions and connections."""

from alembic import op

from pipelines.warehouse.walls import TENANT, protect

revision, down_revision = "0001", None

TABLES = """
create table app.tenant (
    tenant_id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 40),
    name text not null check (length(name) between 1 and 200),
    time_zone text not null default 'UTC',
    industry text,
    tier text not null default 'free',
    is_demo boolean not null default false,
    created_at timestamptz not null default now(),
    short text not null generated always as (left(replace(tenant_id::text, '-', ''), 8)) stored unique,
    partition_key text not null
        generated always as (slug || '--' || left(replace(tenant_id::text, '-', ''), 8)) stored unique
);

create table app.place (
    tenant_id uuid not null references app.tenant on delete cascade,
    place_id uuid not null default gen_random_uuid(),
    name text not null,
    country_code text,
    geoname_id bigint,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    time_zone text,
    created_at timestamptz not null default now(),
    primary key (tenant_id, place_id)
);

create table app.user (
    user_id uuid primary key default gen_random_uuid(),
    email text not null unique check (length(email) <= 320),
    name text not null default '',
    password_hash text,  -- null: signs in by a one-time code only
    verified_at timestamptz,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table app.membership (
    tenant_id uuid not null references app.tenant on delete cascade,
    user_id uuid not null references app.user on delete cascade,
    role text not null check (role in ('viewer', 'analyst', 'editor', 'admin')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index on app.membership (user_id);

create table app.session (
    tenant_id uuid not null references app.tenant on delete cascade,
    session_id uuid not null default gen_random_uuid(),
    user_id uuid not null references app.user on delete cascade,
    family_id uuid not null,  -- all refresh tokens that descend from one sign-in
    refresh_hash bytea not null unique,
    previous_hash bytea,  -- the token that this one replaced: two tabs may race
    rotated_at timestamptz,
    device text not null default '',
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (tenant_id, session_id)
);
create index on app.session (previous_hash);
create index on app.session (user_id);

create table app.sign_in_code (
    tenant_id uuid not null references app.tenant on delete cascade,
    code_hash bytea not null,
    user_id uuid not null references app.user on delete cascade,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, code_hash)
);

create table app.connection (
    tenant_id uuid not null references app.tenant on delete cascade,
    connection_id uuid not null default gen_random_uuid(),
    source text not null,
    name text not null,
    config jsonb not null default '{}',
    secrets bytea,  -- encrypted with a key that is not in the database
    version integer not null default 1,
    is_paused boolean not null default false,
    paused_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, connection_id),
    unique (tenant_id, source, name)
);

create table app.tenant_setting (
    tenant_id uuid not null references app.tenant on delete cascade,
    name text not null,
    value jsonb not null,
    primary key (tenant_id, name)
);
"""

MEMBERS = f"user_id in (select m.user_id from app.membership as m where m.tenant_id = {TENANT})"
SHOWN = (
    "tenant_id", "connection_id", "source", "name", "config", "version",
    "is_paused", "paused_reason", "created_at", "updated_at",
)  # fmt: skip


def upgrade() -> None:
    for schema in ("ml", "guard", "marts"):
        op.execute(f"create schema {schema}")
    op.execute(TABLES)
    op.execute("grant usage on schema app, marts, guard to clearsignal_api")
    op.execute("grant usage on schema app, ml to clearsignal_loader, clearsignal_transformer")
    op.execute("grant usage, create on schema marts to clearsignal_transformer")
    walls = [
        *protect("app.tenant", columns=("tenant_id", "slug", "name", "time_zone", "industry", "tier", "created_at")),
        *protect("app.place"),
        *protect("app.user", columns=("user_id", "email", "name", "verified_at", "created_at"), predicate=MEMBERS),
        *protect("app.membership"),
        *protect("app.session", writers=("api",)),
        *protect("app.sign_in_code", readers=()),
        *protect("app.connection", columns=SHOWN),
        *protect("app.tenant_setting"),
    ]
    for statement in walls:
        op.execute(statement)
    op.execute("grant select, insert, update, delete on all tables in schema app to clearsignal_loader")
    op.execute("grant select on app.tenant, app.place, app.connection, app.tenant_setting to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

"""Connections that a tenant's admin keeps by itself: what the API may write, and who changed what."""

from alembic import op

from pipelines.warehouse.walls import TENANT, protect

revision, down_revision = "0009", "0008"

TABLES = """
alter table app.connection
    add column secret_fields text[] not null default '{token}',  -- which are stored; their values are for no reader
    add column allows_private boolean not null default true,  -- the operator let it ask this machine or network
    add column removed_at timestamptz;  -- taken away; its rows go as soon as no load of it is under way
alter table app.connection
    alter column secret_fields set default '{}',
    alter column allows_private set default false;
update app.connection
set secret_fields = array_remove(array[
    case when secrets is not null then 'token' end, case when webhook_secret is not null then 'webhook_secret' end
], null);

create table app.audit_entry (  -- who changed what; rows are only ever added
    tenant_id uuid not null references app.tenant on delete cascade,
    entry_id bigint not null generated always as identity,
    at timestamptz not null default now(),
    user_id uuid,  -- null: the operator, by the command line
    action text not null,
    subject text not null,  -- what sort of thing
    subject_id uuid not null,
    version integer,
    changes jsonb not null default '{}',  -- field: [before, after]; of secrets only the names
    primary key (tenant_id, entry_id)
);
create index on app.audit_entry (tenant_id, subject_id, entry_id);
"""
# What a caller's own connection is asked with when it is tested. Only for the tenant of the transaction.
SECRETS = f"""
create function guard.connection_secrets(id uuid)
returns table (secrets bytea, webhook_secret bytea)
language sql stable security definer set search_path = '' as $$
    select c.secrets, c.webhook_secret
    from app.connection as c
    where c.connection_id = connection_secrets.id and c.tenant_id = {TENANT}
$$
"""
WRITTEN = (
    "name, config, secrets, webhook_secret, secret_fields, allows_private, version, updated_at, is_paused,"
    " paused_reason, removed_at"
)


def upgrade() -> None:
    op.execute(TABLES)
    for statement in protect("app.audit_entry"):
        op.execute(statement)
    op.execute("grant insert on app.audit_entry to clearsignal_api")
    op.execute("grant select, insert on app.audit_entry to clearsignal_loader")
    op.execute("grant select (secret_fields, allows_private, removed_at) on app.connection to clearsignal_api")
    op.execute(
        "grant insert (tenant_id, connection_id, source, name, config, secrets, webhook_secret, secret_fields,"
        f" allows_private), update ({WRITTEN}) on app.connection to clearsignal_api"
    )
    op.execute("grant delete on app.sync_hold to clearsignal_api")  # who resumes a connection lets it be tried again
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")
    op.execute(SECRETS)
    op.execute("revoke all on function guard.connection_secrets(uuid) from public")
    op.execute("grant execute on function guard.connection_secrets(uuid) to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

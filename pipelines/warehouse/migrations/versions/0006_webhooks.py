"""app.webhook_event: what the sources told, stored before it is acknowledged; and how a webhook finds its secret."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0006", "0005"

EVENTS = """
alter table app.connection add column webhook_secret bytea;  -- encrypted as `secrets` is

create table app.webhook_event (
    tenant_id uuid not null,
    connection_id uuid not null,
    delivery_id text not null check (length(delivery_id) <= 200),  -- the same each time an event is sent again
    position integer not null,  -- in the batch that it came with
    sequence bigint not null generated always as identity,  -- the order of arrival
    source text not null,
    event text not null,  -- what happened, in the source's words
    body text not null,  -- JSON as it was signed; of a batch this event's part
    received_at timestamptz not null default now(),
    status text not null default 'pending' check (status in ('pending', 'applying', 'applied', 'ignored', 'parked')),
    attempts integer not null default 0,
    next_try_at timestamptz not null default now(),
    finished_at timestamptz,
    error text,  -- why it is not applied, and what to do
    primary key (tenant_id, connection_id, delivery_id, position),
    foreign key (tenant_id, connection_id) references app.connection on delete cascade
);
create index webhook_event_waiting on app.webhook_event (tenant_id, connection_id, sequence)
    where status in ('pending', 'applying');
create index webhook_event_received on app.webhook_event (tenant_id, received_at);
"""
SHOWN = (
    "tenant_id", "connection_id", "delivery_id", "position", "sequence", "source", "event",
    "received_at", "status", "attempts", "finished_at", "error",
)  # fmt: skip
# By the connection's id, or by the tenant's: then each of its connections to that source may be meant.
FIND = """
create function guard.find_webhooks(id uuid, source text)
returns table (tenant_id uuid, connection_id uuid, webhook_secret bytea)
language sql stable security definer set search_path = '' as $$
    select c.tenant_id, c.connection_id, c.webhook_secret
    from app.connection as c
    where (c.connection_id = find_webhooks.id or c.tenant_id = find_webhooks.id)
        and c.source = find_webhooks.source and c.webhook_secret is not null
    order by c.connection_id
    limit 20
$$
"""


def upgrade() -> None:
    op.execute(EVENTS)
    for statement in protect("app.webhook_event", columns=SHOWN):
        op.execute(statement)
    op.execute("grant insert on app.webhook_event to clearsignal_api")
    op.execute("grant select, insert, update, delete on app.webhook_event to clearsignal_loader")
    op.execute("create index on app.connection (connection_id)")  # asked before the tenant is known
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")  # its policies see all tenants
    op.execute(FIND)
    op.execute("revoke all on function guard.find_webhooks(uuid, text) from public")
    op.execute("grant execute on function guard.find_webhooks(uuid, text) to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

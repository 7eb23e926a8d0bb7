"""A connection may have several tokens, which are written, tested and read as its first one is."""

from alembic import op

from pipelines.warehouse.walls import TENANT

revision, down_revision = "0014", "0013"

SECRETS = f"""
create function guard.connection_secrets(id uuid)
returns table (secrets bytea, tokens bytea, webhook_secret bytea)
language sql stable security definer set search_path = '' as $$
    select c.secrets, c.tokens, c.webhook_secret
    from app.connection as c
    where c.connection_id = connection_secrets.id and c.tenant_id = {TENANT}
$$
"""


def upgrade() -> None:
    op.execute("alter table app.connection add column tokens bytea")  # encrypted as `secrets` is
    op.execute("grant insert (tokens), update (tokens) on app.connection to clearsignal_api")
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")
    op.execute("drop function guard.connection_secrets(uuid)")
    op.execute(SECRETS)
    op.execute("revoke all on function guard.connection_secrets(uuid) from public")
    op.execute("grant execute on function guard.connection_secrets(uuid) to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

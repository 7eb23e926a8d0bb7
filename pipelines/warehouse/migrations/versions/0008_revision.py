"""guard.schema_revision: the revision of this database, for a server that must know whether it fits."""

from alembic import op

revision, down_revision = "0008", "0007"

REVISION = """
create function guard.schema_revision()
returns text
language sql stable security definer set search_path = '' as $$
    select version_num from app.alembic_version
$$
"""


def upgrade() -> None:
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")
    op.execute(REVISION)
    op.execute("revoke all on function guard.schema_revision() from public")
    op.execute("grant execute on function guard.schema_revision() to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

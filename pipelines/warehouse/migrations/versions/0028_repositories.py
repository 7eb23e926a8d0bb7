"""guard.repositories: what GitHub showed of a tenant's repositories, for the API, which reads no raw table."""

from alembic import op

from pipelines.warehouse.walls import TENANT

revision, down_revision = "0028", "0027"

# In PL/pgSQL, since a raw table is made with the first load, long after this.
REPOSITORIES = f"""
create or replace function guard.repositories()
returns table (connection_id uuid, repository text, default_branch text, is_private boolean, is_archived boolean,
    url text, created_at timestamptz, pushed_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
    if to_regclass('raw_github.repositories') is null then
        return;
    end if;
    return query
        select r.connection_id, r.repository, r.default_branch, r.private, r.archived, r.html_url, r.created_at,
            r.pushed_at
        from raw_github.repositories as r
        where r.tenant_id = {TENANT} and r._deleted_at is null;
end
$$
"""


def upgrade() -> None:
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")
    op.execute(REPOSITORIES)
    op.execute("revoke all on function guard.repositories() from public")
    op.execute("grant execute on function guard.repositories() to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

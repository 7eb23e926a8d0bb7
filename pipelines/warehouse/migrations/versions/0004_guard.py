"""What must be known before a tenant is: sign-in by e-mail, refresh by hash, one-time code, connection by id.

SECURITY DEFINER functions that return just that row. They belong to the loader, whose policies see all tenants.
"""

from alembic import op

revision, down_revision = "0004", "0003"

FUNCTIONS = {
    "find_user(email text)": """
        returns table (user_id uuid, email text, name text, password_hash text, tenant_id uuid, role text)
        language sql stable security definer set search_path = '' as $$
            select u.user_id, u.email, u.name, u.password_hash, m.tenant_id, m.role
            from app.user as u
            left join app.membership as m on m.user_id = u.user_id
            where u.email = find_user.email and u.deleted_at is null
            order by m.created_at, m.tenant_id
        $$""",
    "find_session(refresh_hash bytea)": """
        returns table (tenant_id uuid, session_id uuid, user_id uuid, family_id uuid, is_current boolean,
                       rotated_at timestamptz, expires_at timestamptz, revoked_at timestamptz, device text)
        language sql stable security definer set search_path = '' as $$
            select s.tenant_id, s.session_id, s.user_id, s.family_id, s.refresh_hash = find_session.refresh_hash,
                s.rotated_at, s.expires_at, s.revoked_at, s.device
            from app.session as s
            where s.refresh_hash = find_session.refresh_hash or s.previous_hash = find_session.refresh_hash
            limit 1
        $$""",
    "use_sign_in_code(code_hash bytea)": """
        returns table (tenant_id uuid, user_id uuid)
        language sql volatile security definer set search_path = '' as $$
            update app.sign_in_code as c set used_at = now()
            where c.code_hash = use_sign_in_code.code_hash and c.used_at is null and c.expires_at > now()
            returning c.tenant_id, c.user_id
        $$""",
    "my_tenants(user_id uuid)": """
        returns table (tenant_id uuid, slug text, name text, role text)
        language sql stable security definer set search_path = '' as $$
            select t.tenant_id, t.slug, t.name, m.role
            from app.membership as m
            inner join app.tenant as t on t.tenant_id = m.tenant_id
            inner join app.user as u on u.user_id = m.user_id and u.deleted_at is null
            where m.user_id = my_tenants.user_id
            order by m.created_at, t.tenant_id
        $$""",
    "find_connection(connection_id uuid)": """
        returns table (tenant_id uuid, connection_id uuid, source text)
        language sql stable security definer set search_path = '' as $$
            select c.tenant_id, c.connection_id, c.source
            from app.connection as c
            where c.connection_id = find_connection.connection_id
        $$""",
}


def upgrade() -> None:
    op.execute("grant usage, create on schema guard to clearsignal_loader")
    op.execute("reset role")
    op.execute("set local role clearsignal_loader")
    for signature, body in FUNCTIONS.items():
        op.execute(f"create function guard.{signature} {body}")
    op.execute("revoke all on all functions in schema guard from public")
    op.execute("grant execute on all functions in schema guard to clearsignal_api")
    op.execute("reset role")
    op.execute("set local role clearsignal_owner")
    op.execute("revoke create on schema guard from clearsignal_loader")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

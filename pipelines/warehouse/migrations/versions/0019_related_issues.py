"""What Python finds in the texts of issues: names of the tenant's own, similar issues, reports of one problem."""

from alembic import op

revision, down_revision = "0019", "0018"

TABLES = """
create table ml.issue_mentions (
    tenant_id uuid not null,
    issue_id uuid not null,
    kind text not null check (kind in ('component', 'service', 'customer')),
    name text not null,  -- as the tenant's list has it
    field text not null check (field in ('title', 'body')),
    position integer not null,  -- the first character, from 0
    matched_text text not null,
    primary key (tenant_id, issue_id, kind, name, field, position)
);

create table ml.issue_scans (  -- which texts were searched, also where nothing was found
    tenant_id uuid not null,
    issue_id uuid not null,
    fingerprint text not null,  -- of the text, the names and the matcher
    primary key (tenant_id, issue_id)
);

create table ml.similar_issues (
    tenant_id uuid not null,
    issue_id uuid not null,
    rank smallint not null,  -- 1 is most alike
    similar_issue_id uuid not null,
    similarity double precision not null check (similarity between 0 and 1),
    primary key (tenant_id, issue_id, rank)
);

create table ml.duplicate_members (
    tenant_id uuid not null,
    issue_id uuid not null,
    group_id uuid not null,  -- the issue that reported the problem first
    method text not null,
    joined_issue_id uuid,  -- the member by which it belongs to the group; null: the first
    similarity double precision,  -- null: a link says so
    primary key (tenant_id, issue_id)
);

create table ml.issue_groupings (  -- what each tenant's groups were made from
    tenant_id uuid primary key,
    fingerprint text not null,
    computed_at timestamptz not null
);
"""
NAMES = ("issue_mentions", "issue_scans", "similar_issues", "duplicate_members", "issue_groupings")


def upgrade() -> None:
    op.execute(TABLES)
    tables = ", ".join(f"ml.{name}" for name in NAMES)
    op.execute(f"grant select, insert, update, delete, truncate on {tables} to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

"""ml.commit_walks: what each repository's walk was made from, so that an unchanged repository is not walked again."""

from alembic import op

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    op.execute("""
        create table ml.commit_walks (
            tenant_id uuid not null,
            repository text not null,
            fingerprint text not null,  -- of its successful deployments and its commits
            primary key (tenant_id, repository)
        )
    """)
    op.execute("grant select, insert, update, delete, truncate on ml.commit_walks to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

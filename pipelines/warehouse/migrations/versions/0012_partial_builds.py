"""Builds of a part: which tables a package of webhooks changed, and whom a build held back."""

from alembic import op

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    op.execute("""
        -- The tables that it changed, where webhooks or a sweep made it; null: any table of its source.
        alter table app.load_package add column tables text[];
        -- partial: published some marts and settles nothing, so what it read is read again by the next whole build.
        alter table app.build drop constraint build_status_check;
        alter table app.build add constraint build_status_check
            check (status in ('running', 'succeeded', 'failed', 'held', 'partial'));
        alter table app.build add column held_tenants uuid[];  -- null: none, or (held) everybody
    """)


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

"""What the walk of the commit graph knows by rows, so that it looks only at deployments and commits that are new."""

from alembic import op

revision, down_revision = "0022", "0021"

TABLES = """
create table ml.walked_deployments (  -- as they were when they were walked
    tenant_id uuid not null,
    deployment_id uuid not null,
    repository text not null,
    service text not null,
    environment text not null,
    sha text,  -- null: a release whose tag is unknown
    finished_at timestamptz not null,
    primary key (tenant_id, deployment_id)
);
create index on ml.walked_deployments (tenant_id, repository, service, environment, finished_at);

create table ml.missing_commits (  -- named as a parent or as deployed: one that arrives can belong to an old deployment
    tenant_id uuid not null,
    repository text not null,
    sha text not null,
    primary key (tenant_id, repository, sha)
);

-- What was walked before is walked once more.
drop table ml.commit_walks;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("walked_deployments", "missing_commits"):
        op.execute(f"grant select, insert, update, delete, truncate on ml.{table} to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

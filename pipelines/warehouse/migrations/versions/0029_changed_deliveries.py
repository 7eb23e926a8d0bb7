"""Which commits another deployment delivers, or none any more, as the marts of changes work out no others.

Written by triggers, so no writer can forget it. The key finds a commit in all lines at once.
"""

from alembic import op

revision, down_revision = "0029", "0028"

TABLE = """
create table if not exists ml.commit_deployments__changed (
    tenant_id uuid not null,
    repository text not null,
    sha text not null,
    build_id bigint
);
create index if not exists commit_deployments__changed_build on ml.commit_deployments__changed (build_id);
grant select, insert, delete, truncate on ml.commit_deployments__changed to clearsignal_transformer;

create or replace function ml.keep_changed_deliveries() returns trigger language plpgsql set search_path = '' as $$
begin
    insert into ml.commit_deployments__changed (tenant_id, repository, sha, build_id)
    select moved.tenant_id, moved.repository, moved.sha, (select max(build.build_id) from app.build as build)
    from moved;
    return null;
end
$$;

alter table ml.commit_deployments
    drop constraint if exists commit_deployments_pkey,
    add primary key (tenant_id, repository, sha, service, environment);
"""
TRIGGER = """
create or replace trigger keep_{event} after {event} on ml.commit_deployments
referencing {which} table as moved
for each statement execute function ml.keep_changed_deliveries()
"""


def upgrade() -> None:
    op.execute(TABLE)
    for event, which in (("insert", "new"), ("update", "new"), ("delete", "old")):
        op.execute(TRIGGER.format(event=event, which=which))


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

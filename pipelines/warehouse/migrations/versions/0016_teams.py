"""Teams: who is in them, what is theirs, and the hours that they work."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0016", "0015"

TEAMS = """
create table app.team (
    tenant_id uuid not null references app.tenant on delete cascade,
    team text not null check (team <> ''),
    time_zone text,  -- null: the tenant's
    work_days smallint[] not null default '{1,2,3,4,5}',  -- ISO: 1 is Monday
    starts_at time not null default '09:00',
    ends_at time not null default '17:00',
    primary key (tenant_id, team),
    check (starts_at < ends_at),
    check (cardinality(work_days) > 0 and work_days <@ '{1,2,3,4,5,6,7}')
);
create table app.team_member (
    tenant_id uuid not null,
    team text not null,
    person text not null check (person = lower(person)),  -- a GitHub login or an e-mail address
    primary key (tenant_id, team, person),
    foreign key (tenant_id, team) references app.team on delete cascade on update cascade
);
create table app.team_repository (
    tenant_id uuid not null,
    team text not null,
    repository text not null,  -- a glob on owner/name
    primary key (tenant_id, team, repository),
    foreign key (tenant_id, team) references app.team on delete cascade on update cascade
);
create table app.team_project (
    tenant_id uuid not null,
    team text not null,
    source text not null,
    project text not null,  -- as the marts name it: a Jira key, a HubSpot pipeline
    primary key (tenant_id, team, source, project),
    foreign key (tenant_id, team) references app.team on delete cascade on update cascade
);
create table app.holiday (
    tenant_id uuid not null references app.tenant on delete cascade,
    team text,  -- null: everybody
    day date not null,
    name text not null default '',
    unique nulls not distinct (tenant_id, team, day),
    foreign key (tenant_id, team) references app.team on delete cascade on update cascade
);
"""


def upgrade() -> None:
    op.execute(TEAMS)
    for table in ("team", "team_member", "team_repository", "team_project", "holiday"):
        for statement in protect(f"app.{table}"):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on app.{table} to clearsignal_loader")
        op.execute(f"grant select on app.{table} to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

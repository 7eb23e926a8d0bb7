"""A tenant's own configuration: targets, objectives, projects and portfolios; and every version that any of it had."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0020", "0019"

TABLES = """
create table app.configuration_version (  -- rows are only ever added; the newest of a kind is in force
    tenant_id uuid not null references app.tenant on delete cascade,
    kind text not null,
    version integer not null check (version > 0),
    rows jsonb not null,  -- the whole list, in its order
    reason text not null,
    author uuid,  -- null: the operator, by the command line
    made_at timestamptz not null default now(),
    restored_from integer,  -- the version that this one brought back
    primary key (tenant_id, kind, version)
);

create table app.target (  -- what a metric should reach, from a day on; the newest of a metric and scope counts
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    metric text not null,
    scope_kind text not null default 'tenant',
    scope text not null default 'all',
    value double precision not null,
    valid_from date not null,
    primary key (tenant_id, position)
);

create table app.objective (  -- what the company wants to reach
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    objective text not null,
    description text not null default '',
    owner text,
    starts_on date,
    ends_on date,
    primary key (tenant_id, position)
);

create table app.objective_issue_rule (  -- which issues serve an objective; the first rule that fits counts
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    objective text not null,
    field text not null check (field in ('label', 'epic', 'project')),
    pattern text not null,
    source text,  -- null: any
    primary key (tenant_id, position)
);

create table app.project_part (  -- what belongs to a project; the first rule that fits counts
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    project text not null,
    part text not null check (part in ('service', 'repository', 'issue_project')),
    pattern text not null,
    primary key (tenant_id, position)
);

create table app.portfolio_project (  -- which projects make up a portfolio
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    portfolio text not null,
    project text not null,
    primary key (tenant_id, position)
);
"""
NEW = ("target", "objective", "objective_issue_rule", "project_part", "portfolio_project")
RULES = ("deployment_rule", "environment_rule", "service_path", "incident_rule")
TEAMS = ("team", "team_member", "team_repository", "team_project", "holiday")


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("configuration_version", *NEW):
        for statement in protect(f"app.{table}"):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on app.{table} to clearsignal_loader")
        op.execute(f"grant select on app.{table} to clearsignal_transformer")
    op.execute("grant insert on app.configuration_version to clearsignal_api")
    # Its policies let role api write its tenant's rows alone.
    for table in (*NEW, *RULES, *TEAMS, "tenant_setting"):
        op.execute(f"grant insert, update, delete on app.{table} to clearsignal_api")
    op.execute("grant update (time_zone) on app.tenant to clearsignal_api")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

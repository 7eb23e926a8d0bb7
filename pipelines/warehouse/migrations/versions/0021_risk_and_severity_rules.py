"""How bad a tenant holds things to be, where that is not the default: app.risk_rule, app.severity_rule."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0021", "0020"

CREATE = """
create table app.risk_rule (  -- no row: the default threshold and severity
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    rule text not null,
    threshold double precision,  -- null: the default
    severity smallint check (severity between 1 and 5),  -- null: the default
    is_enabled boolean not null default true,
    primary key (tenant_id, position),
    unique (tenant_id, rule)
);

create table app.severity_rule (  -- which priority, type or label means which severity, before the default rules
    tenant_id uuid not null references app.tenant on delete cascade,
    position integer not null,
    source text not null,
    field text not null check (field in ('priority', 'type', 'label')),
    pattern text not null,
    severity smallint not null check (severity between 1 and 5),
    primary key (tenant_id, position)
);
"""
TABLES = ("risk_rule", "severity_rule")


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        for statement in protect(f"app.{table}", writers=("api",)):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on app.{table} to clearsignal_loader")
        op.execute(f"grant select on app.{table} to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

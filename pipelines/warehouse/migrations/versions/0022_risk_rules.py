"""app.risk_rule: what a tenant holds for a risk, where that is not the default."""

from alembic import op

from pipelines.warehouse.walls import protect

revision, down_revision = "0022", "0021"

TABLE = """
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
"""


def upgrade() -> None:
    op.execute(TABLE)
    for statement in protect("app.risk_rule", writers=("api",)):
        op.execute(statement)
    op.execute("grant select, insert, update, delete on app.risk_rule to clearsignal_loader")
    op.execute("grant select on app.risk_rule to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

"""A deployment rule may have several globs, and may say that what fits is no deployment.

The models' views over the rules go, as a column's type is not changed below a view: the next build makes them anew.
"""

from alembic import op

revision, down_revision = "0025", "0024"

VIEWS = """
do $$
declare
    reader text;
begin
    for reader in
        select distinct format('%I.%I', schema.nspname, relation.relname)
        from pg_depend as use
        inner join pg_rewrite as rule on use.classid = 'pg_rewrite'::regclass and use.objid = rule.oid
        inner join pg_class as relation on relation.oid = rule.ev_class
        inner join pg_namespace as schema on schema.oid = relation.relnamespace
        where use.refobjid = 'app.deployment_rule'::regclass
    loop
        execute 'drop view if exists ' || reader || ' cascade';  -- one may have gone with another that it reads
    end loop;
end
$$
"""
RULES = """
alter table app.deployment_rule
    alter column pattern drop default,
    alter column pattern type text[] using array[pattern],
    alter column pattern set default array['*'],
    add check (cardinality(pattern) > 0),
    add column is_deployment boolean not null default true
"""


def upgrade() -> None:
    op.execute("set local role clearsignal_transformer")
    op.execute(VIEWS)
    op.execute("set local role clearsignal_owner")
    op.execute(RULES)


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

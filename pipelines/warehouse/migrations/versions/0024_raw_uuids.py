"""Whose a raw row is stands there as a UUID, as everywhere else: its key finds a tenant's rows.

As text it had to be cast by every reader, which neither an index nor the planner sees through.
"""

from contextlib import suppress

import psycopg
from alembic import op

revision, down_revision = "0024", "0023"

# Raw tables, and those in which dlt lands what it merges into them.
TABLES = r"""
select relation.oid, format('%I.%I', schema.nspname, relation.relname)
from pg_class as relation
inner join pg_namespace as schema on schema.oid = relation.relnamespace
inner join pg_attribute as tenant on tenant.attrelid = relation.oid and tenant.attname = 'tenant_id'
inner join pg_attribute as package on package.attrelid = relation.oid and package.attname = '_dlt_load_id'
where
    relation.relkind = 'r' and schema.nspname ~ '^(raw|landing)_'
    and tenant.atttypid in ('text'::regtype, 'character varying'::regtype)
order by 2
"""
# The views over them, and over these, as they stand: a column's type is not changed below a view.
VIEWS = """
with recursive readers (oid, depth) as (
    select rule.ev_class, 1
    from pg_depend as use
    inner join pg_rewrite as rule on use.classid = 'pg_rewrite'::regclass and use.objid = rule.oid
    where use.refobjid = any(%s::oid[]) and rule.ev_class <> use.refobjid
    union
    select rule.ev_class, readers.depth + 1
    from readers
    inner join pg_depend as use on use.refobjid = readers.oid
    inner join pg_rewrite as rule on use.classid = 'pg_rewrite'::regclass and use.objid = rule.oid
    where rule.ev_class <> use.refobjid
)
select format('%%I.%%I', schema.nspname, relation.relname), pg_get_viewdef(relation.oid)
from readers
inner join pg_class as relation using (oid)
inner join pg_namespace as schema on schema.oid = relation.relnamespace
where relation.relkind = 'v'
group by relation.oid, schema.nspname, relation.relname
order by max(readers.depth), 1
"""
COLUMNS = ("tenant_id", "connection_id")


def upgrade() -> None:
    database = op.get_bind().connection.driver_connection  # a view's text may hold what SQLAlchemy takes for parameters
    assert database is not None
    tables = dict(database.execute(TABLES).fetchall())
    if not tables:
        return
    database.execute("set local search_path = pg_catalog")  # the views' texts name all else with its schema
    views = database.execute(VIEWS, [list(tables)]).fetchall()
    changes = ", ".join(f"alter column {name} type uuid using {name}::uuid" for name in COLUMNS)
    database.execute("set local role clearsignal_transformer")
    for name, _ in reversed(views):
        database.execute(f"drop view {name}")
    database.execute("set local role clearsignal_loader")
    for table in tables.values():
        database.execute(f"alter table {table} {changes}")
        database.execute(f"analyze {table}")
    database.execute("set local role clearsignal_transformer")
    for name, query in views:
        with suppress(psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedTable), database.transaction():
            database.execute(f"create view {name} as {query}")  # one that compared texts: the next build makes it
    database.execute("set local role clearsignal_owner")
    database.execute("reset search_path")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

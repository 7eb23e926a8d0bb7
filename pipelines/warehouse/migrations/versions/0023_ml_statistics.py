"""The transformer may have the statistics of what it wrote in ml taken, without waiting for autovacuum."""

from alembic import op

revision, down_revision = "0023", "0022"

# As its owner, for ANALYZE is the owner's (the right MAINTAIN is younger than PostgreSQL 16). A table that somebody
# else analyzes at this moment is left to them.
REFRESH = """
create function ml.refresh_statistics(written regclass) returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if (
        select schema.nspname = 'ml'
            and now.n_tup_ins + now.n_tup_upd + now.n_tup_del + before.n_mod_since_analyze
                > 50 + 0.1 * greatest(relation.reltuples, 0)
        from pg_class as relation
        inner join pg_namespace as schema on schema.oid = relation.relnamespace
        inner join pg_stat_xact_all_tables as now on relation.oid = now.relid
        inner join pg_stat_all_tables as before on relation.oid = before.relid
        where relation.oid = written
    ) then
        execute format('analyze (skip_locked) %s', written);
    end if;
end
$$
"""


def upgrade() -> None:
    op.execute(REFRESH)
    op.execute("revoke all on function ml.refresh_statistics(regclass) from public")
    op.execute("grant execute on function ml.refresh_statistics(regclass) to clearsignal_transformer")


def downgrade() -> None:
    raise RuntimeError("Clearsignal's migrations go forward only; restore a backup instead.")

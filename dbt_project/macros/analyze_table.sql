{#- Statistics of a table that was just written: what reads it next must not be planned as if it were empty. Of one that was
    only added to, they are taken anew where a tenth of it has changed, as autovacuum would later: it is most of the work of a
    build with few news. One that was emptied has none until they are taken, however few rows it has now. -#}
{%- macro analyze_table() -%}
{%- if is_incremental() and config.get('incremental_strategy') != 'replaced' -%}
do $$
begin
    if (
        select now.n_tup_ins + now.n_tup_upd + now.n_tup_del + before.n_mod_since_analyze
        > 50 + 0.1 * greatest(relation.reltuples, 0)
        from pg_class as relation
        inner join pg_stat_xact_all_tables as now on relation.oid = now.relid
        inner join pg_stat_all_tables as before on relation.oid = before.relid
        where relation.oid = '{{ this }}'::regclass
    ) then
        analyze {{ this }};
    end if;
end
$$
{%- elif model.config.materialized != 'view' -%}
analyze {{ this }}
{%- endif -%}
{%- endmacro %}

{#- A table, in the place of dbt's own macro. dbt makes one with a contract empty, with its key, and inserts. Here the query
    makes it, which Postgres does in bulk and on all cores, and the key is built when the rows are there: half the time for a
    large mart. A temporary table is what an incremental build compares with the table, whose contract was looked at then. -#}
{%- macro postgres__create_table_as(temporary, relation, sql) -%}
{%- if temporary or not config.get('contract').enforced -%}
create {{ 'temporary ' if temporary }}table {{ relation }} as (
    {{ sql }}
)
{%- else -%}
{{ get_assert_columns_equivalent(sql) }}
create table {{ relation }} as (
    {{ get_select_subquery(sql) }}
);

{% set constraints = [] -%}
{%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
{%- do constraints.append('alter column ' ~ column.name ~ ' set not null') -%}
{%- endfor -%}
{%- for constraint in adapter.render_raw_model_constraints(raw_constraints=model.constraints) -%}
{%- do constraints.append('add ' ~ constraint) -%}
{%- endfor -%}
{% if constraints %}alter table {{ relation }} {{ constraints | join(', ') }}{% endif %}
{%- endif -%}
{%- endmacro %}

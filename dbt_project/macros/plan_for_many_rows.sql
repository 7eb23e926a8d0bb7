{#- Before a table is built: join by hash wherever that is possible. The planner knows nothing of what stands above casts, sums
    and windows, takes it for a handful of rows and compares each with all others, which grows with their square. -#}
{%- macro plan_for_many_rows() -%}
{%- if model.config.materialized != 'view' -%}
set local enable_nestloop = off; set local enable_mergejoin = off
{%- endif -%}
{%- endmacro %}

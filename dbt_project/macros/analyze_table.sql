{#- Statistics of a table that was just written: what reads it next must not be planned as if it were empty. -#}
{%- macro analyze_table() -%}
{%- if model.config.materialized != 'view' -%}
analyze {{ this }}
{%- endif -%}
{%- endmacro %}

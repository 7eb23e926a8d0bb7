{#- The schema as it is written: without this, dbt would make `public_staging`. -#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

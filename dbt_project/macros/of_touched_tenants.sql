{#- In an incremental run: only rows of tenants to which anything new came. The rows that are left out are those that a
    whole run would give unchanged. -#}
{%- macro of_touched_tenants(column='tenant_id') -%}
{%- set touched = ref('int_tenants__touched') -%}
{%- if is_incremental() -%}
{{ column }} in (select touched.tenant_id from {{ touched }} as touched)
{%- else -%}
true
{%- endif -%}
{%- endmacro %}

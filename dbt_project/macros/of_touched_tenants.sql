{#- In an incremental run: only rows of tenants to which anything new came. The rows that are left out are those that a
    whole run would give unchanged. A view is the same in every run: there it filters where `is_needed` is said, which is for
    views that are read for touched tenants alone. -#}
{%- macro of_touched_tenants(column='tenant_id', is_needed=is_incremental()) -%}
{%- set touched = 'select touched.tenant_id from ' ~ ref('int_tenants__touched') ~ ' as touched' -%}
{{ of_tenants(touched, column) if is_needed else 'true' }}
{%- endmacro %}

{#- Only rows of the tenants that a query gives. An array, for a condition with one reaches the tables that a view reads,
    where a join with the tenants is made with all that the view gives. -#}
{%- macro of_tenants(query, column='tenant_id') -%}
{{ column }} = any(array({{ query }}))
{%- endmacro %}

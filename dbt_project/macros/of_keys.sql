{#- Only rows with these keys; `of` is the alias of whose columns they are, with its dot. Their tenants are an array beside them, by
    which the others' rows are not read at all. -#}
{%- macro of_keys(keys, columns, of='') -%}
{{ of_tenants('select distinct keys.tenant_id from (' ~ keys ~ ') as keys', of ~ 'tenant_id') }}
    and ({{ of }}{{ columns | join(', ' ~ of) }}) in (select keys.{{ columns | join(', keys.') }} from ({{ keys }}) as keys)
{%- endmacro %}

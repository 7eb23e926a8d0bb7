{#- Only rows with these keys. Their tenants are an array beside it, by which the others' rows are not read at all. -#}
{%- macro of_keys(keys, columns) -%}
{{ of_tenants('select distinct keys.tenant_id from (' ~ keys ~ ') as keys') }}
    and ({{ columns | join(', ') }}) in (select {% for column in columns %}keys.{{ column }}{{ ', ' if not loop.last }}{% endfor %} from ({{ keys }}) as keys)
{%- endmacro %}

{#- Joins the scopes in which a case of this service and repository counts, as `scopes`; one that is NULL matches none. -#}
{%- macro in_scopes(service, repository) -%}
cross join lateral (
    values ('tenant', 'all'), ('service', {{ service }}), ('repository', {{ repository }})
) as scopes (scope_kind, scope)
{%- endmacro %}

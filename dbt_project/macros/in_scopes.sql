{#- Joins the scopes in which a case of this service and repository counts, as `scopes`; one that is NULL matches none.
    A repository may be of several teams, so a case may count in several. -#}
{%- macro in_scopes(tenant_id, service, repository) -%}
left join {{ ref('int_teams__by_repository') }} as owners
    on {{ tenant_id }} = owners.tenant_id and {{ repository }} = owners.repository
cross join lateral (
    select * from (
        values ('tenant', 'all'), ('service', {{ service }}), ('repository', {{ repository }})
    ) as own (scope_kind, scope)
    union all
    select 'team' as scope_kind, unnest(owners.teams) as scope
) as scopes
{%- endmacro %}

{#- The rows with these values, and of which `also` (of `each`) is so, for a LATERAL join. OFFSET keeps it a search for each: joined
    freely, all rows of all tenants would be read, as the planner knows how many keys there are, but not that they are of few. -#}
{%- macro with_values(table, values, also=none) -%}
(
            select * from {{ table }} as each
            where {% for column, value in values.items() %}each.{{ column }} = {{ value }}{{ ' and ' if not loop.last }}{% endfor %}
            {%- if also %} and {{ also }}{% endif %}
            offset 0
        )
{%- endmacro %}

{#- In an incremental run: the rows of a table with these keys, a search for each; else the table. -#}
{%- macro looked_up(table, keys, columns) -%}
{%- if is_incremental() -%}
{%- set values = {} -%}
{%- for column in columns -%}
{%- do values.update({column: 'keys.' ~ column}) -%}
{%- endfor -%}
(
        select found.*
        from (
            select distinct {{ columns | join(', ') }} from ({{ keys }}) as named
        ) as keys
        cross join lateral {{ with_values(table, values) }} as found
    )
{%- else -%}
{{ table }}
{%- endif -%}
{%- endmacro %}

{#- When the commit of a row with tenant_id, commit_repository and sha was committed: one, whichever connections show it. -#}
{%- macro first_committed_at(row) -%}
(
        select min(shown.committed_at) as committed_at
        from {{ ref('int_commits__unioned') }} as shown
        where
            shown.tenant_id = {{ row }}.tenant_id
            and shown.repository = {{ row }}.commit_repository
            and shown.sha = {{ row }}.sha
    )
{%- endmacro %}

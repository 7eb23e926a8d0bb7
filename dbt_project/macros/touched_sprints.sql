{#- The sprints that are worked out anew, and where that is all of a tenant, those that are gone. Called as macro(mart, columns),
    see touched.sql. -#}
{%- macro touched_sprints(mart, columns=[]) -%}
select tenant_id, sprint_id
from {{ ref('int_sprints__touched') }}
union
select built.tenant_id, built.sprint_id
from {{ mart }} as built
inner join {{ ref('int_issues__whole_sources') }} as whole using (tenant_id)
where whole.source = 'jira'
{%- endmacro %}

{#- What the models of pull requests work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- Those that are read anew, and where that is all of a tenant, those that are gone. -#}
{%- macro touched_own_rows(mart, columns=[]) -%}
select tenant_id, pull_request_id
from {{ ref('int_pull_requests__news') }}
union
select built.tenant_id, built.pull_request_id
from {{ mart }} as built
inner join {{ ref('int_issues__whole_sources') }} as whole using (tenant_id)
where whole.source in ('github', 'git')
{%- endmacro %}

{#- Also those that another deployment delivered. -#}
{%- macro touched_pull_requests(mart, columns=[]) -%}
select tenant_id, pull_request_id from {{ ref('int_pull_requests__touched') }}
union
{{ touched_own_rows(mart, columns) }}
{%- endmacro %}

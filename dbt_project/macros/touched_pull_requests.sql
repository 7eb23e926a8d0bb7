{#- What the models of pull requests work out anew. Each is called as macro(mart, columns), see touched.sql. -#}

{#- Those that are read anew. -#}
{%- macro touched_own_rows(mart, columns=[]) -%}
{{ with_those_gone(mart, ref('int_pull_requests__news'), 'pull_request_id', ['github', 'git']) }}
{%- endmacro %}

{#- Also those that another deployment delivered. -#}
{%- macro touched_pull_requests(mart, columns=[]) -%}
select tenant_id, pull_request_id from {{ ref('int_pull_requests__touched') }}
union
{{ touched_own_rows(mart, columns) }}
{%- endmacro %}

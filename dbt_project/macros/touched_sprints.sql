{#- The sprints that are worked out anew. Called as macro(mart, columns), see touched.sql. -#}
{%- macro touched_sprints(mart, columns=[]) -%}
{{ with_those_gone(mart, ref('int_sprints__touched'), 'sprint_id', ['jira']) }}
{%- endmacro %}

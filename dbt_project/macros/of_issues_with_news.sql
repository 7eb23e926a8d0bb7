{#- Only the issues that this build works out anew. -#}
{%- macro of_issues_with_news(column='issue_id') -%}
(tenant_id, {{ column }}) in (select news.tenant_id, news.issue_id from {{ ref('int_issues__news') }} as news)
{%- endmacro %}

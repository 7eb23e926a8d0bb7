{#- Only the issues that this build works out anew. -#}
{%- macro of_issues_with_news(column='issue_id') -%}
(tenant_id, {{ column }}) in (select news.tenant_id, news.issue_id from {{ ref('int_issues__news') }} as news)
{%- endmacro %}

{#- The same of what staging reads, by the source's own id: no id is worked out for all to find a few. -#}
{%- macro of_raw_issues_with_news(column='external_id') -%}
(tenant_id, connection_id, {{ column }}) in (
        select news.tenant_id, news.connection_id, news.external_id from {{ ref('int_issues__news') }} as news
    )
{%- endmacro %}

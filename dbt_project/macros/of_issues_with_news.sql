{#- Only the issues that this build works out anew. Their tenants are an array beside it, by which the others' rows are not read. -#}
{%- macro of_issues_with_news(column='issue_id') -%}
{{ of_tenants('select distinct news.tenant_id from ' ~ ref('int_issues__news') ~ ' as news') }}
    and (tenant_id, {{ column }}) in (select news.tenant_id, news.issue_id from {{ ref('int_issues__news') }} as news)
{%- endmacro %}

{#- The same of what staging reads, by the source's own id: no id is worked out for all to find a few. -#}
{%- macro of_raw_issues_with_news(column='external_id') -%}
{{ of_tenants('select distinct news.tenant_id from ' ~ ref('int_issues__news') ~ ' as news') }}
    and (tenant_id, connection_id, {{ column }}) in (
        select news.tenant_id, news.connection_id, news.external_id from {{ ref('int_issues__news') }} as news
    )
{%- endmacro %}

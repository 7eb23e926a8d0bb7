{#- Only the issues that this build works out anew. -#}
{%- macro of_issues_with_news(column='issue_id') -%}
{{ of_keys('select tenant_id, issue_id as ' ~ column ~ ' from ' ~ ref('int_issues__news'), ['tenant_id', column]) }}
{%- endmacro %}

{#- The same of what staging reads, by the source's own id: no id is worked out for all to find a few. -#}
{%- macro of_raw_issues_with_news(column='external_id') -%}
{{ of_keys(
    'select tenant_id, connection_id, external_id as ' ~ column ~ ' from ' ~ ref('int_issues__news'),
    ['tenant_id', 'connection_id', column],
) }}
{%- endmacro %}

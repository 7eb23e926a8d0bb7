{#- What the marts of portfolios work out anew. Called as macro(mart, columns), see touched.sql. -#}

{#- The pull requests and issues with another figure, and all of a tenant of whom all is worked out anew. -#}
{%- macro touched_kpi_cases(mart, columns=[]) -%}
{%- set whole = 'select whole.tenant_id from ' ~ ref('int_issues__whole_sources') ~ ' as whole' -%}
select tenant_id, 'pull_request' as case_kind, pull_request_id::text as case_id
from {{ ref('int_pull_requests__touched') }}
union
select tenant_id, 'issue' as case_kind, issue_id::text as case_id
from {{ changed_keys_relation(ref('int_portfolio__issues')) }}
where {{ since_last_success('build_id') }}
union
select tenant_id, 'issue' as case_kind, issue_id::text as case_id
from {{ ref('int_portfolio__issues') }}
where {{ of_tenants(whole) }}
union
select tenant_id, case_kind, case_id
from {{ mart }}
where {{ of_tenants(whole) }}
{%- endmacro %}

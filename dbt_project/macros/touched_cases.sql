{#- The cases of metrics that changed, or whose evidence did; and all of a tenant of whom all is worked out anew.
    Called as macro(mart, columns), see touched.sql. -#}
{%- macro touched_cases(mart, columns=[]) -%}
{%- set whole -%}
select whole.tenant_id from {{ ref('int_issues__whole_sources') }} as whole
union
{{ tenants_of_other_days() }}
{%- endset -%}
select tenant_id, 'deployment' as case_kind, deployment_id::text as case_id
from {{ changed_keys_relation(ref('deployments')) }}
{%- for table in ['int_deployments__classified', 'int_deployments__evidence_shown', 'int_deployments__recoveries'] %}
union
select tenant_id, 'deployment' as case_kind, deployment_id::text as case_id
from {{ changed_keys_relation(ref(table)) }}
where {{ since_last_success('build_id') }}
{%- endfor %}
union
{{ touched_changes(mart) }}
union
select tenant_id, 'pull_request' as case_kind, pull_request_id::text as case_id
from {{ ref('int_changes__touched_pull_requests') }}
union
select tenant_id, 'incident' as case_kind, incident_id::text as case_id
from {{ changed_keys_relation(ref('int_incidents__mapped')) }}
where {{ since_last_success('build_id') }}
union
-- Its address, and the day of one that is still open.
select tenant_id, 'incident' as case_kind, incident_id::text as case_id
from {{ ref('int_incidents__mapped') }} as incidents
where
    {{ of_touched_tenants() }}
    and (
        resolved_at is null
        or (tenant_id, incident_id) in (
            select issues.tenant_id, issues.issue_id from {{ ref('int_issues__touched') }} as issues
            where {{ since_last_success('issues.build_id') }}
        )
    )
{%- for kind, table in [
    ('deployment', ref('int_deployments__classified')), ('incident', ref('int_incidents__mapped')),
    ('pull_request', ref('int_pull_requests__merged')),
] %}
union
select tenant_id, '{{ kind }}' as case_kind, {{ kind }}_id::text as case_id
from {{ table }} as each
where {{ of_tenants(whole, 'each.tenant_id') }}
{%- endfor %}
union
select tenant_id, change_kind as case_kind, change_id as case_id
from {{ ref('int_changes__unioned') }} as changes
where {{ of_tenants(whole, 'changes.tenant_id') }}
union
select tenant_id, case_kind, case_id
from {{ mart }} as built
where {{ of_tenants(whole, 'built.tenant_id') }}
{%- endmacro %}

{#- Those of one kind by their id, in a model that keeps all of them as `touched`. -#}
{%- macro cases_of_kind(kind) -%}
select tenant_id, case_id::uuid as {{ kind }}_id from touched where case_kind = '{{ kind }}'
{%- endmacro %}

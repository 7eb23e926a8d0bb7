-- One row per scope, environment class and local day on which something counts: how much, and the seconds of its cases.
-- Production counts in every scope, the other classes in the service's alone. Which days changed is kept (touched.sql): the
-- marts of days and periods work out no others.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'scope_kind', 'scope', 'environment_class', 'day'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'environment_class', 'day'], 'unique': True}],
) }}
{%- set cases = {
    'lead_seconds': ['seconds', "fact = 'change'"],
    'merge_to_deploy_seconds': ['seconds_from_merge', 'true'],
    'recovery_seconds': ['seconds', 'is_change_failure'],
    'restore_seconds': ['seconds', "fact = 'incident'"],
} %}
select
    {% for name, (seconds, kind) in cases.items() -%}
    array_agg({{ seconds }} order by {{ seconds }}) filter (where {{ kind }} and {{ seconds }} is not null) as {{ name }},
    {% endfor -%}
    tenant_id,
    scope_kind,
    scope,
    environment_class,
    day,
    (count(*) filter (where fact = 'deployment'))::integer as attempt_count,
    (count(*) filter (where is_success))::integer as deployment_count,
    (count(*) filter (where is_failed))::integer as failed_count,
    (count(*) filter (where is_success and is_rollback))::integer as rollback_count,
    (count(*) filter (where is_change_failure))::integer as change_failure_count,
    (count(*) filter (where is_success and is_rework))::integer as rework_count,
    (count(*) filter (where fact = 'change'))::integer as change_count,
    (count(*) filter (where fact = 'incident'))::integer as incident_count
from {{ ref('int_deployments__facts') }}
where day is not null and {{ of_touched_tenants() }}
group by tenant_id, scope_kind, scope, environment_class, day

-- One row per scope, environment class and local day on which something counts: how much, and the seconds of its cases.
-- Production counts in every scope, the other classes in the service's alone. Which days changed is kept (touched.sql): the
-- marts of days and periods work out no others.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    touched='touched_days',
    scope=['tenant_id', 'day'],
    unique_key=['tenant_id', 'scope_kind', 'scope', 'environment_class', 'day'],
    indexes=[
        {'columns': ['tenant_id', 'scope_kind', 'scope', 'environment_class', 'day'], 'unique': True},
        {'columns': ['tenant_id', 'day']},
    ],
) }}
-- depends_on: {{ ref('deployments') }}
-- depends_on: {{ ref('int_changes__commits') }}
-- depends_on: {{ ref('int_changes__pull_requests') }}
-- depends_on: {{ ref('int_deployments__ordered') }}
-- depends_on: {{ ref('int_incidents__mapped') }}
-- depends_on: {{ ref('int_teams__by_repository') }}
-- depends_on: {{ ref('int_tenants__time_zones') }}
-- depends_on: {{ source('app', 'build') }}
-- depends_on: {{ source('app', 'tenant') }}
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
    facts.tenant_id,
    facts.scope_kind,
    facts.scope,
    facts.environment_class,
    facts.day,
    (count(*) filter (where fact = 'deployment'))::integer as attempt_count,
    (count(*) filter (where is_success))::integer as deployment_count,
    (count(*) filter (where is_failed))::integer as failed_count,
    (count(*) filter (where is_success and is_rollback))::integer as rollback_count,
    (count(*) filter (where is_change_failure))::integer as change_failure_count,
    (count(*) filter (where is_success and is_rework))::integer as rework_count,
    (count(*) filter (where fact = 'change'))::integer as change_count,
    (count(*) filter (where fact = 'incident'))::integer as incident_count
from {{ facts_of_days(this) if is_incremental() else ref('int_deployments__facts') }} as facts
where facts.day is not null
group by facts.tenant_id, facts.scope_kind, facts.scope, facts.environment_class, facts.day

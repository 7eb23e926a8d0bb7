-- One row per candidate that a rule of the tenant's fits: a deployment with its service and environment class, or none, by
-- the first rule that fits (excluded_by) or by a person's override (dismissed_by). A table, as several models read it.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[{'columns': ['tenant_id', 'deployment_id'], 'unique': True}],
) }}
with

candidates as (
    select * from {{ ref('int_deployments__candidates') }}
    where {{ of_touched_tenants() }}
),

-- A tenant without rules: GitHub deployments of every repository.
rules as (
    select
        tenant_id,
        position,
        origin,
        {{ glob_to_like('repository') }} as repository,
        array(select {{ glob_to_like('each') }} from unnest(pattern) as each) as patterns,
        lower(environment) as environment,
        service,
        is_deployment
    from {{ source('app', 'deployment_rule') }}
    union all
    select
        tenants.tenant_id,
        0 as position,
        'deployments' as origin,
        '%' as repository,
        array['%'] as patterns,
        null as environment,
        null as service,
        true as is_deployment
    from {{ source('app', 'tenant') }} as tenants
    where tenants.tenant_id not in (select ruled.tenant_id from {{ source('app', 'deployment_rule') }} as ruled)
),

classes as (
    select
        tenant_id,
        position,
        {{ glob_to_like('lower(pattern)') }} as pattern,
        environment_class,
        1 as rank
    from {{ source('app', 'environment_rule') }}
    union all
    select
        tenants.tenant_id,
        defaults.position,
        {{ glob_to_like('defaults.pattern') }} as pattern,
        defaults.environment_class,
        2 as rank
    from {{ source('app', 'tenant') }} as tenants
    cross join {{ ref('default_environment_rules') }} as defaults
),

ruled as (
    select
        candidates.*,
        rule.service as rule_service,
        case when not rule.is_deployment then rule.position end as excluded_by,
        coalesce(rule.environment, lower(candidates.environment)) as environment_name
    from candidates
    cross join lateral (
        select * from rules
        where
            rules.tenant_id = candidates.tenant_id
            and rules.origin = candidates.origin
            and candidates.repository like rules.repository
            and candidates.subject like any(rules.patterns)
        order by rules.position
        limit 1
    ) as rule
),

environments as (
    select
        names.tenant_id,
        names.environment_name,
        class.environment_class
    from (select distinct tenant_id, environment_name from ruled) as names
    cross join lateral (
        select * from classes
        where classes.tenant_id = names.tenant_id and names.environment_name like classes.pattern
        order by classes.rank, classes.position
        limit 1
    ) as class
),

classified as (
    select
        ruled.tenant_id,
        {{ surrogate_id([
            'ruled.tenant_id', "'github'", 'ruled.connection_id', 'ruled.origin', 'ruled.repository', 'ruled.external_id'
        ]) }} as deployment_id,
        ruled.origin,
        ruled.external_id,
        ruled.repository,
        coalesce(ruled.service, ruled.rule_service, split_part(ruled.repository, '/', 2)) as service,
        ruled.environment_name as environment,
        environments.environment_class,
        ruled.sha,
        ruled.ref,
        ruled.status,
        ruled.started_at,
        ruled.finished_at,
        ruled.is_bot,
        ruled.url,
        ruled.excluded_by
    from ruled
    inner join environments using (tenant_id, environment_name)
)

select
    classified.*,
    dismissals.override_id as dismissed_by
from classified
left join {{ ref('int_overrides__in_force') }} as dismissals
    on
        classified.tenant_id = dismissals.tenant_id
        and classified.deployment_id = dismissals.deployment_id
        and dismissals.kind = 'not_a_deployment'

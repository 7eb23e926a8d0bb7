-- One row per deployment, kind and source: why a production deployment counts as a change failure, and which override
-- of a person says that it does not.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'deployment_id', 'kind', 'source_ref'],
    indexes=[{'columns': ['tenant_id', 'deployment_id', 'kind', 'source_ref'], 'unique': True}],
) }}
with

deployments as (
    select * from {{ ref('int_deployments__ordered') }}
    where
        environment_class = 'production' and status = 'success' and finished_at is not null
        and {{ of_touched_tenants() }}
),

incidents as (
    select * from {{ ref('int_incidents__mapped') }}
    where {{ of_touched_tenants() }}
),

overrides as (
    select * from {{ ref('int_overrides__in_force') }}
    where {{ of_touched_tenants() }}
),

windows as (
    select
        tenants.tenant_id,
        coalesce((settings.value #>> '{}')::double precision, 24) * interval '1 hour' as length
    from {{ source('app', 'tenant') }} as tenants
    left join {{ source('app', 'tenant_setting') }} as settings
        on tenants.tenant_id = settings.tenant_id and settings.name = 'incident_window_hours'
),

-- The incident names the deployment, a commit that it brought, or a pull request that it brought.
named as (
    select
        deployments.tenant_id,
        deployments.deployment_id,
        links.incident_id,
        0.95 as confidence
    from {{ ref('int_incidents__links') }} as links
    inner join incidents on links.tenant_id = incidents.tenant_id and links.incident_id = incidents.incident_id
    inner join deployments on links.tenant_id = deployments.tenant_id and links.reference = deployments.external_id
    -- It may have broken things before it was through; what began after the incident mends it.
    where links.kind = 'deployment' and least(deployments.started_at, deployments.finished_at) <= incidents.started_at
    union all
    select
        delivered.tenant_id,
        delivered.deployment_id,
        links.incident_id,
        0.9 as confidence
    from {{ ref('int_incidents__links') }} as links
    inner join {{ source('ml', 'commit_deployments') }} as delivered
        on
            links.tenant_id = delivered.tenant_id
            and left(links.reference, 7) = left(delivered.sha, 7)
            and delivered.sha like links.reference || '%'
            and delivered.method = 'ancestry'
    inner join incidents on links.tenant_id = incidents.tenant_id and links.incident_id = incidents.incident_id
    inner join deployments
        on delivered.tenant_id = deployments.tenant_id and delivered.deployment_id = deployments.deployment_id
    where
        links.kind = 'commit'
        and deployments.finished_at <= incidents.started_at
        and {{ of_touched_tenants('delivered.tenant_id') }}
    union all
    -- The first deployment of all delivers nothing that is new, but it may be named by its own commit.
    select
        deployments.tenant_id,
        deployments.deployment_id,
        links.incident_id,
        0.9 as confidence
    from {{ ref('int_incidents__links') }} as links
    inner join incidents on links.tenant_id = incidents.tenant_id and links.incident_id = incidents.incident_id
    inner join deployments
        on
            links.tenant_id = deployments.tenant_id
            and deployments.previous_deployment_id is null
            and deployments.sha like links.reference || '%'
    where links.kind = 'commit' and deployments.finished_at <= incidents.started_at
    union all
    select
        changes.tenant_id,
        changes.deployment_id,
        links.incident_id,
        0.9 as confidence
    from {{ ref('int_incidents__links') }} as links
    inner join {{ ref('int_changes__pull_requests') }} as changes
        on
            links.tenant_id = changes.tenant_id
            and links.reference = lower(changes.repository || '#' || changes.number)
            and not changes.is_baseline
    inner join incidents on links.tenant_id = incidents.tenant_id and links.incident_id = incidents.incident_id
    -- A pull request that mends the incident went out after it began.
    where
        links.kind = 'pull_request'
        and changes.deployed_at <= incidents.started_at
        and {{ of_touched_tenants('changes.tenant_id') }}
),

-- A deployment that is named stands above a commit or pull request, which only describe it; and where several services have
-- these, that of the service which was struck above the others.
linked as (
    select
        ranked.tenant_id,
        ranked.deployment_id,
        ranked.incident_id,
        'incident_link' as kind,
        ranked.confidence
    from (
        select
            named.*,
            rank() over (
                partition by named.tenant_id, named.incident_id
                order by named.confidence desc, (deployments.service = incidents.service) is true desc
            ) as position
        from named
        inner join deployments
            on named.tenant_id = deployments.tenant_id and named.deployment_id = deployments.deployment_id
        inner join incidents on named.tenant_id = incidents.tenant_id and named.incident_id = incidents.incident_id
    ) as ranked
    where ranked.position = 1
),

-- No link: the newest production deployment of the service before the incident, within the tenant's window.
nearest as (
    select
        newest.tenant_id,
        newest.deployment_id,
        newest.incident_id,
        'incident_nearby' as kind,
        0.5 as confidence
    from {{ ref('int_incidents__newest_deployments') }} as newest
    inner join windows on newest.tenant_id = windows.tenant_id
    where
        {{ of_touched_tenants('newest.tenant_id') }}
        and coalesce(newest.cause, 'unknown') in ('change', 'unknown')
        and newest.finished_at > newest.started_at - windows.length
        -- As a list, which is looked up: the planner expects one of each and would compare all with all.
        and (newest.tenant_id, newest.incident_id) not in (select linked.tenant_id, linked.incident_id from linked)
),

rolled_back as (
    select
        tenant_id,
        previous_deployment_id as deployment_id,
        'rollback' as kind,
        deployment_id::text as source_ref,
        0.9 as confidence
    from deployments
    where is_rollback
),

hotfixes as (
    -- In the production environment that it reached first: the others may never have had what it mends.
    select distinct on (changes.tenant_id, changes.pull_request_id)
        changes.tenant_id,
        fixing.previous_deployment_id as deployment_id,
        'hotfix' as kind,
        changes.pull_request_id::text as source_ref,
        0.6 as confidence
    from {{ ref('int_changes__pull_requests') }} as changes
    inner join deployments as fixing
        on changes.tenant_id = fixing.tenant_id and changes.deployment_id = fixing.deployment_id
    inner join windows on changes.tenant_id = windows.tenant_id
    where
        not changes.is_baseline
        and changes.is_hotfix
        and fixing.finished_at - fixing.previous_finished_at <= windows.length
    order by changes.tenant_id, changes.pull_request_id, fixing.finished_at, fixing.deployment_id
),

-- A person said so.
manual as (
    select
        tenant_id,
        deployment_id,
        'manual_override' as kind,
        coalesce(incident_id, override_id)::text as source_ref,
        1 as confidence
    from overrides
    where kind in ('change_failure', 'incident_cause') and value
),

evidence as (
    select tenant_id, deployment_id, kind, incident_id::text as source_ref, confidence from linked
    union all
    select tenant_id, deployment_id, kind, incident_id::text as source_ref, confidence from nearest
    union all
    select * from rolled_back
    union all
    select tenant_id, deployment_id, 'revert' as kind, source_ref, 0.8 as confidence
    from {{ ref('int_deployments__reverted') }}
    where {{ of_touched_tenants() }}
    union all
    select * from hotfixes
    union all
    select * from manual
),

surest as (
    select
        evidence.tenant_id,
        evidence.deployment_id,
        evidence.kind,
        evidence.source_ref,
        max(evidence.confidence)::double precision as confidence
    from evidence
    -- A rollback is no change that could fail.
    inner join deployments
        on evidence.tenant_id = deployments.tenant_id and evidence.deployment_id = deployments.deployment_id
    where not deployments.is_rollback
    group by evidence.tenant_id, evidence.deployment_id, evidence.kind, evidence.source_ref
)

select
    surest.*,
    coalesce(acquittal.override_id, other_cause.override_id) as overruled_by
from surest
left join overrides as acquittal
    on
        surest.tenant_id = acquittal.tenant_id
        and surest.deployment_id = acquittal.deployment_id
        and acquittal.kind = 'change_failure'
        and not acquittal.value
-- A person took the incident off this deployment, or put it down to another one.
left join lateral (
    select overrides.override_id from overrides
    where
        overrides.tenant_id = surest.tenant_id
        and overrides.kind = 'incident_cause'
        and overrides.incident_id::text = surest.source_ref
        and overrides.value = (overrides.deployment_id <> surest.deployment_id)
        and surest.kind <> 'manual_override'
    order by overrides.created_at desc, overrides.override_id
    limit 1
) as other_cause on true

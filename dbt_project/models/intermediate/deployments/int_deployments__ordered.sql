-- One row per deployment in the order of its service and environment: what came before, redeploys and rollbacks.
-- Which deployments changed is kept (touched.sql): the walk of the commit graph looks at no others.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    changes_of=['started_at', 'finished_at'],
    unique_key=['tenant_id', 'deployment_id'],
    indexes=[
        {'columns': ['tenant_id', 'deployment_id'], 'unique': True},
        {'columns': ['tenant_id', 'service', 'environment', 'finished_at']},
        {'columns': ['tenant_id', 'walked_sha']},
    ],
) }}
with

deployments as (
    select
        *,
        status = 'success' and finished_at is not null as is_delivered
    from {{ ref('int_deployments__classified') }}
    where excluded_by is null and dismissed_by is null and {{ of_touched_tenants() }}
),

-- Failed ones stand in a line of their own, so that a success follows the success before it. (A join of the two would
-- be planned as if a tenant had a handful of deployments.)
lined_up as (
    select
        *,
        lag(deployment_id) over line as previous_deployment_id,
        lag(finished_at) over line as previous_finished_at,
        lag(sha) over line as previous_sha,
        lead(deployment_id) over line as next_deployment_id,
        row_number() over line as position,
        row_number() over (
            partition by tenant_id, service, environment, is_delivered, sha order by finished_at, deployment_id
        ) as position_of_sha
    from deployments
    window line as (partition by tenant_id, service, environment, is_delivered order by finished_at, deployment_id)
),

-- What is not in the graph itself, but goes by the name of a tag that is.
tagged as (
    select
        deployments.tenant_id,
        deployments.deployment_id,
        min(tags.sha) as sha
    from deployments
    inner join {{ ref('int_commits__tags') }} as tags
        on
            deployments.tenant_id = tags.tenant_id
            and deployments.repository = tags.repository
            and deployments.ref = tags.name
    left join lateral {{ with_values(ref('int_commits__by_connection'), {
        'tenant_id': 'deployments.tenant_id', 'repository': 'deployments.repository', 'sha': 'deployments.sha',
    }) }} as graph
        on not graph.is_deleted
    where deployments.sha is distinct from tags.sha and graph.sha is null
    group by deployments.tenant_id, deployments.deployment_id
)

select
    tenant_id,
    deployment_id,
    origin,
    external_id,
    repository,
    service,
    environment,
    environment_class,
    lined_up.sha,
    coalesce(tagged.sha, lined_up.sha) as walked_sha,
    ref,
    status,
    started_at,
    finished_at,
    is_bot,
    url,
    case when is_delivered then previous_deployment_id end as previous_deployment_id,
    case when is_delivered then previous_finished_at end as previous_finished_at,
    case when is_delivered then next_deployment_id end as next_deployment_id,
    case when is_delivered then position end as position,
    status = 'failure' as is_failed,
    is_delivered and coalesce(lined_up.sha = previous_sha, false) as is_redeploy,
    is_delivered and coalesce(position_of_sha > 1 and lined_up.sha <> previous_sha, false) as is_rollback
from lined_up
left join tagged using (tenant_id, deployment_id)

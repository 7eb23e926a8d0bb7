-- One row per merged pull request that no production deployment delivered, and whether one had what is in it before the merge.
-- Of tenants with news alone, as the mart reads it.
select
    pulls.tenant_id,
    pulls.pull_request_id,
    pulls.repository,
    pulls.number,
    pulls.merged_at,
    early.deployment_id,
    early.service,
    early.environment
from {{ ref('int_pull_requests__merged') }} as pulls
left join lateral (
    select
        deployments.deployment_id,
        deployments.service,
        deployments.environment
    from {{ ref('int_changes__pull_request_shas') }} as shas
    inner join {{ source('ml', 'commit_deployments') }} using (tenant_id, repository, sha)
    inner join {{ ref('int_deployments__ordered') }} as deployments using (tenant_id, deployment_id)
    where
        shas.tenant_id = pulls.tenant_id
        and shas.repository = pulls.repository
        and shas.pull_request_id = pulls.pull_request_id
        and deployments.environment_class = 'production'
        and deployments.finished_at < pulls.merged_at
    order by deployments.finished_at, deployments.deployment_id
    limit 1
) as early on true
where
    {{ of_touched_tenants('pulls.tenant_id', is_needed=true) }}
    and not exists (
        select from {{ ref('int_changes__pull_requests') }} as delivered
        where
            {{ of_touched_tenants('delivered.tenant_id', is_needed=true) }}
            and delivered.tenant_id = pulls.tenant_id
            and delivered.pull_request_id = pulls.pull_request_id
            and delivered.environment_class = 'production'
    )

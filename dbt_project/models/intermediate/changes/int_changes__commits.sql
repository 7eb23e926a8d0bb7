-- One row per commit without a pull request, service and environment: the deployment that first brought it there.
-- Merges carry no change of their own; a cherry-pick of a pull request's commit is that pull request, and one of a lone commit
-- is that commit where both came.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_delivered_commits',
    scope=['tenant_id', 'repository', 'sha'],
    keeps_changes=true,
    unique_key=['tenant_id', 'sha', 'repository', 'service', 'environment'],
    indexes=[{'columns': ['tenant_id', 'sha', 'repository', 'service', 'environment'], 'unique': True}, {'columns': ['tenant_id', 'deployment_id']}],
) }}
-- depends_on: {{ ref('int_changes__touched_commits') }}
-- depends_on: {{ ref('int_commits__unioned') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

delivered as (
    select * from {{ source('ml', 'commit_deployments') }}
    where {{ of_delivered_commits() }}
),

-- Once: the few that there are would be looked for in all commits, for each one delivered.
picked as materialized (
    select * from {{ ref('int_changes__picked') }}
    where {{ of_touched_tenants() }}
),

copies as materialized (
    select
        picked.tenant_id,
        picked.repository,
        picked.sha,
        original.service,
        original.environment
    from picked
    inner join {{ source('ml', 'commit_deployments') }} as original
        on
            picked.tenant_id = original.tenant_id
            and picked.repository = original.repository
            and picked.picked_from_sha = original.sha
),

-- In a monorepo, the services whose paths a commit leaves alone. Only a clone tells its files: of others every service has it.
elsewhere as materialized (
    select
        files.tenant_id,
        files.repository,
        files.sha,
        ruled.service
    from {{ ref('stg_git__file_changes') }} as files
    inner join {{ source('app', 'service_path') }} as paths
        on files.tenant_id = paths.tenant_id and files.repository like {{ glob_to_like('paths.repository') }}
    inner join (
        select distinct tenant_id, repository, service from {{ ref('int_deployments__ordered') }}
    ) as ruled
        on files.tenant_id = ruled.tenant_id and files.repository = ruled.repository
    where {{ of_delivered_commits('files.') }}
    group by files.tenant_id, files.repository, files.sha, ruled.service
    having
        not bool_or(
            paths.service = ruled.service and files.path like {{ glob_to_like("replace(paths.path, '**', '*')") }}
        )
)

select
    delivered.tenant_id,
    delivered.sha,
    delivered.repository,
    deployments.service,
    deployments.environment,
    deployments.environment_class,
    delivered.deployment_id,
    deployments.finished_at as deployed_at,
    case when delivered.method = 'baseline' then 'baseline' else 'commit' end as attribution_method,
    delivered.method = 'baseline' as is_baseline,
    commits.is_bot,
    commits.message,
    commits.authored_at
from delivered
inner join {{ ref('int_deployments__ordered') }} as deployments using (tenant_id, deployment_id)
inner join (
    select distinct on (tenant_id, repository, sha) * from {{ commits_delivered_anew() }} as shown
    order by tenant_id, repository, sha, connection_id
) as commits
    on
        delivered.tenant_id = commits.tenant_id
        and delivered.repository = commits.repository
        and delivered.sha = commits.sha
where
    cardinality(commits.parents) < 2
    and not exists (
        select from {{ ref('int_changes__pull_request_shas') }} as shas
        where
            shas.tenant_id = delivered.tenant_id
            and shas.repository = delivered.repository
            and shas.sha = delivered.sha
    )
    and not exists (
        select from copies
        where
            copies.tenant_id = delivered.tenant_id
            and copies.repository = delivered.repository
            and copies.sha = delivered.sha
            and copies.service = delivered.service
            and copies.environment = delivered.environment
    )
    and not exists (
        select from elsewhere
        where
            elsewhere.tenant_id = delivered.tenant_id
            and elsewhere.repository = delivered.repository
            and elsewhere.sha = delivered.sha
            and elsewhere.service = deployments.service
    )

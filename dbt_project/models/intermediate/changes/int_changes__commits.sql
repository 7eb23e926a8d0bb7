-- One row per commit without a pull request, service and environment: the deployment that first brought it there.
-- Merges carry no change of their own; a copy of a pull request's commit is that pull request, and one of a lone commit is that
-- commit where both came.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_delivered_commits',
    scope=['tenant_id', 'repository', 'sha'],
    keeps_changes=true,
    changes_of=['deployed_at'],
    unique_key=['tenant_id', 'sha', 'repository', 'service', 'environment'],
    indexes=[
        {'columns': ['tenant_id', 'sha', 'repository', 'service', 'environment'], 'unique': True},
        {'columns': ['tenant_id', 'deployment_id']},
        {'columns': ['tenant_id', 'deployed_at']},
    ],
) }}
-- depends_on: {{ ref('int_changes__touched_commits') }}
-- depends_on: {{ ref('int_commits__unioned') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

delivered as (
    select * from {{ source('ml', 'commit_deployments') }}
    where {{ of_delivered_commits() }}
),

-- What came of commits that are copies of each other, and of cherry-picks and what they say they were picked from. Kept: the few
-- that there are would be looked for in all commits, for each one delivered.
alike as materialized (
    select tenant_id, repository, sha, committed_at, authored_at::text || said as family
    from {{ ref('int_commits__copies') }}
    where {{ of_touched_tenants() }}
    union all
    select tenant_id, repository, sha, null::timestamptz as committed_at, picked_from_sha as family
    from {{ ref('int_changes__picked') }}
    where {{ of_touched_tenants() }}
    union all
    select distinct
        tenant_id,
        repository,
        picked_from_sha as sha,
        '-infinity'::timestamptz as committed_at,
        picked_from_sha as family
    from {{ ref('int_changes__picked') }}
    where {{ of_touched_tenants() }}
),

-- The first that came is the change; of those that came together the original, which was committed first.
copies as materialized (
    select *
    from (
        select
            alike.tenant_id,
            alike.repository,
            alike.sha,
            came.service,
            came.environment,
            row_number() over (
                partition by alike.tenant_id, alike.repository, alike.family, came.service, came.environment
                order by deployments.finished_at, alike.committed_at, alike.sha
            ) as turn
        from alike
        inner join {{ source('ml', 'commit_deployments') }} as came using (tenant_id, repository, sha)
        inner join {{ ref('int_deployments__ordered') }} as deployments using (tenant_id, deployment_id)
    ) as turns
    where turn > 1
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
    case
        when delivered.method = 'baseline' then 'baseline'
        when (deployments.walked_sha is distinct from deployments.sha) then 'release_tag'
        else 'commit'
    end as attribution_method,
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

-- One row per merged pull request, service and environment: the deployment that first brought it there, and how we know.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_delivered_pulls',
    scope=['tenant_id', 'pull_request_id'],
    keeps_changes=true,
    changes_of=['deployed_at'],
    unique_key=['tenant_id', 'pull_request_id', 'service', 'environment'],
    indexes=[
        {'columns': ['tenant_id', 'pull_request_id', 'service', 'environment'], 'unique': True},
        {'columns': ['tenant_id', 'deployment_id']},
        {'columns': ['tenant_id', 'deployed_at']},
        {'columns': ['tenant_id', '(pull_request_id::text)']},
    ],
) }}
-- depends_on: {{ ref('int_changes__touched_pull_requests') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_pull_requests__news') }}
with

pulls as (
    select * from {{ ref('int_pull_requests__merged') }}
    where {{ of_delivered_pulls() }}
),

deployments as (
    select
        *,
        (walked_sha is distinct from sha) as is_known_by_tag
    from {{ ref('int_deployments__ordered') }}
    where status = 'success' and finished_at is not null and {{ of_touched_tenants() }}
),

-- The merge commit, a commit of the pull request or a cherry-pick of one is among what the deployment brought, or what the tag
-- brings by which it goes.
by_ancestry as (
    select
        shas.tenant_id,
        shas.pull_request_id,
        delivered.deployment_id,
        case when deployments.is_known_by_tag then 'release_tag' else shas.attribution_method end as attribution_method,
        case when deployments.is_known_by_tag then 5 else shas.rank end as rank,
        delivered.method = 'baseline' as is_baseline
    from
        {{ looked_up(
            ref('int_changes__pull_request_shas'),
            'select tenant_id, repository, pull_request_id from pulls',
            ['tenant_id', 'repository', 'pull_request_id'],
        ) }} as shas
    inner join {{ source('ml', 'commit_deployments') }} as delivered using (tenant_id, repository, sha)
    inner join deployments using (tenant_id, deployment_id)
),

-- The deployed commit is the pull request's head: the branch itself was deployed.
by_head as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        deployments.deployment_id,
        'head_commit' as attribution_method,
        3 as rank,
        deployments.previous_finished_at is null as is_baseline
    from pulls
    inner join deployments
        on
            pulls.tenant_id = deployments.tenant_id
            and pulls.repository = deployments.repository
            and pulls.head_sha = deployments.sha
),

-- What was merged since the deployment before.
in_time as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        deployments.deployment_id,
        deployments.repository,
        deployments.walked_sha as sha
    from deployments
    inner join pulls
        on
            deployments.tenant_id = pulls.tenant_id
            and deployments.repository = pulls.repository
            and pulls.merged_at > deployments.previous_finished_at
            and pulls.merged_at <= deployments.finished_at
),

-- Only where the deployed commit is not in the graph, nor a tag of its name.
by_time as (
    select
        in_time.tenant_id,
        in_time.pull_request_id,
        in_time.deployment_id,
        'time_window' as attribution_method,
        6 as rank,
        false as is_baseline
    from in_time
    where
        not exists (
            select
            from
                {{ looked_up(
                    ref('int_commits__unioned'), 'select tenant_id, repository, sha from in_time', ['tenant_id', 'repository', 'sha']
                ) }} as commits
            where
                commits.tenant_id = in_time.tenant_id
                and commits.repository = in_time.repository
                and commits.sha = in_time.sha
        )
),

candidates as (
    select * from by_ancestry
    union all
    select * from by_head
    union all
    select * from by_time
)

select distinct on (candidates.tenant_id, candidates.pull_request_id, deployments.service, deployments.environment)
    candidates.tenant_id,
    candidates.pull_request_id,
    deployments.service,
    deployments.environment,
    deployments.environment_class,
    deployments.deployment_id,
    deployments.started_at as deploy_started_at,
    deployments.finished_at as deployed_at,
    case when candidates.is_baseline then 'baseline' else candidates.attribution_method end as attribution_method,
    candidates.is_baseline,
    pulls.repository,
    pulls.number,
    pulls.title,
    pulls.is_hotfix,
    pulls.is_revert,
    pulls.merge_commit_sha,
    pulls.is_bot,
    pulls.merged_at,
    pulls.authored_at
from candidates
inner join deployments using (tenant_id, deployment_id)
inner join pulls using (tenant_id, pull_request_id)
where
    deployments.finished_at >= pulls.merged_at
    and not deployments.is_rollback
    and (
        not exists (
            select from {{ source('app', 'service_path') }} as paths
            where paths.tenant_id = pulls.tenant_id and pulls.repository like {{ glob_to_like('paths.repository') }}
        )
        or exists (
            select from {{ ref('int_changes__services') }} as touched
            where
                touched.tenant_id = pulls.tenant_id
                and touched.pull_request_id = pulls.pull_request_id
                and touched.service = deployments.service
        )
    )
order by
    candidates.tenant_id, candidates.pull_request_id, deployments.service, deployments.environment,
    deployments.finished_at, deployments.deployment_id, candidates.rank

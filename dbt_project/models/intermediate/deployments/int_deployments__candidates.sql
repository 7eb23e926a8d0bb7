-- One row per thing that a rule may call a deployment: GitHub deployments, workflow runs, releases, tags.
with

tags as (
    select * from {{ ref('int_commits__tags') }}
)

select * from {{ ref('int_deployments__github') }}

union all

-- What an attempt brought, no later one takes back. Jobs are read of the last weeks' runs: of others the last change must do.
select
    runs.tenant_id,
    runs.connection_id,
    'workflow_runs' as origin,
    runs.external_id,
    runs.repository,
    runs.name as subject,
    'production' as environment,
    null as service,
    runs.sha,
    runs.head_branch as ref,
    case
        when runs.conclusion = 'success' or attempts.succeeded_at is not null then 'success'
        when runs.conclusion in ('failure', 'timed_out', 'startup_failure') then 'failure'
        when runs.conclusion is not null then 'cancelled'
        else 'unfinished'
    end as status,
    coalesce(attempts.success_started_at, runs.run_started_at, runs.created_at) as started_at,
    coalesce(
        attempts.succeeded_at, case when runs.conclusion is not null then coalesce(attempts.completed_at, runs.updated_at) end
    ) as finished_at,
    false as is_bot,
    null::boolean as is_production_environment,
    runs.url
from {{ ref('stg_github__workflow_runs') }} as runs
left join {{ ref('int_deployments__run_attempts') }} as attempts
    on
        runs.tenant_id = attempts.tenant_id
        and runs.connection_id = attempts.connection_id
        and runs.repository = attempts.repository
        and runs.external_id = attempts.run_external_id

union all

select
    releases.tenant_id,
    releases.connection_id,
    'releases' as origin,
    releases.external_id,
    releases.repository,
    releases.tag_name as subject,
    'production' as environment,
    null as service,
    tags.sha,
    releases.tag_name as ref,
    'success' as status,
    releases.published_at as started_at,
    releases.published_at as finished_at,
    false as is_bot,
    null::boolean as is_production_environment,
    releases.url
from {{ ref('stg_github__releases') }} as releases
left join tags
    on
        releases.tenant_id = tags.tenant_id
        and releases.connection_id = tags.connection_id
        and releases.repository = tags.repository
        and releases.tag_name = tags.name
where not releases.is_draft and not releases.is_prerelease

union all

select
    tenant_id,
    connection_id,
    'tags' as origin,
    name as external_id,
    repository,
    name as subject,
    'production' as environment,
    null as service,
    sha,
    name as ref,
    'success' as status,
    tagged_at as started_at,
    tagged_at as finished_at,
    false as is_bot,
    null::boolean as is_production_environment,
    null as url
from tags

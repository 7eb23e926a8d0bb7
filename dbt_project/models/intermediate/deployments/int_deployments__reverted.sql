-- One row per deployment and revert of a change that it brought, with the deployment that took it back: a commit's words say it,
-- or a pull request's.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'deployment_id', 'source_ref', 'reverting_deployment_id'],
    indexes=[{'columns': ['tenant_id', 'deployment_id', 'source_ref', 'reverting_deployment_id'], 'unique': True}],
) }}
with

reverts as (
    select
        reverting.tenant_id,
        reverting.repository,
        lower((regexp_match(reverting.message, 'This reverts commit ([0-9a-fA-F]{40})'))[1]) as reverted_sha,
        reverting.sha
    from {{ ref('int_commits__unioned') }} as reverting
    where reverting.message like '%This reverts commit %' and {{ of_touched_tenants() }}
),

concerned as (
    select tenant_id, repository, sha from reverts
    union all
    select tenant_id, repository, reverted_sha as sha from reverts
),

-- The deployments of what was taken back and of what takes it back; in a monorepo only of the services concerned.
carried as (
    select
        changes.tenant_id,
        shas.repository,
        shas.sha,
        changes.service,
        changes.environment,
        changes.deployment_id
    from {{ ref('int_changes__pull_request_shas') }} as shas
    inner join {{ ref('int_changes__pull_requests') }} as changes using (tenant_id, pull_request_id)
    where
        not changes.is_baseline
        and {{ of_touched_tenants('shas.tenant_id') }}
        and {{ of_touched_tenants('changes.tenant_id') }}
        and (shas.tenant_id, shas.repository, shas.sha) in (
            select concerned.tenant_id, concerned.repository, concerned.sha from concerned
        )
    union
    select
        changes.tenant_id,
        changes.repository,
        changes.sha,
        changes.service,
        changes.environment,
        changes.deployment_id
    from {{ ref('int_changes__commits') }} as changes
    where
        not changes.is_baseline
        and (changes.tenant_id, changes.repository, changes.sha) in (
            select concerned.tenant_id, concerned.repository, concerned.sha from concerned
        )
),

reverted as (
    select
        reverts.tenant_id,
        brought.deployment_id,
        reverts.sha as source_ref,
        mended.deployment_id as reverting_deployment_id
    from reverts
    inner join carried as brought
        on
            reverts.tenant_id = brought.tenant_id
            and reverts.repository = brought.repository
            and reverts.reverted_sha = brought.sha
    inner join carried as mended
        on
            reverts.tenant_id = mended.tenant_id
            and reverts.repository = mended.repository
            and reverts.sha = mended.sha
            and brought.service = mended.service
            and brought.environment = mended.environment
    -- A revert before the change went out mends nothing in production.
    where brought.deployment_id <> mended.deployment_id
),

-- What GitHub writes into a reverting pull request; a squash may keep no word of the reverted commit.
reverting_pulls as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        lower(coalesce(found.match[1], pulls.repository)) as repository,
        found.match[2]::bigint as number
    from {{ ref('int_pull_requests__merged') }} as pulls
    cross join lateral regexp_matches(pulls.body_text, '\yReverts ([\w.-]+/[\w.-]+)?#(\d{1,9})\y', 'g') as found (match)
    where pulls.is_revert and {{ of_touched_tenants('pulls.tenant_id') }}
),

reverted_pulls as (
    select
        brought.tenant_id,
        brought.deployment_id,
        mended.pull_request_id::text as source_ref,
        mended.deployment_id as reverting_deployment_id
    from reverting_pulls
    inner join {{ ref('int_changes__pull_requests') }} as mended using (tenant_id, pull_request_id)
    inner join {{ ref('int_changes__pull_requests') }} as brought
        on
            reverting_pulls.tenant_id = brought.tenant_id
            and reverting_pulls.number = brought.number
            and reverting_pulls.repository = lower(brought.repository)
            and mended.service = brought.service
            and mended.environment = brought.environment
    where not brought.is_baseline and brought.deployment_id <> mended.deployment_id
)

select * from reverted
union
select * from reverted_pulls

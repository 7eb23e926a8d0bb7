-- One row per deployment and change in it that mends something: a revert, a hotfix, or the fix of an incident or of a bug that
-- was found in production.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'deployment_id', 'kind', 'source_ref'],
    indexes=[{'columns': ['tenant_id', 'deployment_id', 'kind', 'source_ref'], 'unique': True}],
) }}
with

pulls as (
    select * from {{ ref('int_changes__pull_requests') }}
    where not is_baseline and {{ of_touched_tenants() }}
),

commits as (
    select * from {{ ref('int_changes__commits') }}
    where not is_baseline and {{ of_touched_tenants() }}
),

fixes as (
    select * from {{ ref('int_incidents__fixes') }}
),

-- A label says that the bug was found in production: its word, or the name of one of the tenant's environments. By itself,
-- as there are few: each issue of a deployed pull request would be asked.
bugs as materialized (
    select
        tenant_id,
        issue_id
    from {{ ref('int_issues__unioned') }} as issues
    where
        {{ of_touched_tenants() }}
        and not is_incident
        and (lower(type) like '%bug%' or exists (select from unnest(labels) as label where lower(label) in ('bug', 'defect')))
        and exists (
            select from unnest(labels) as label
            where
                lower(label) in ('production', 'prod')
                or (issues.tenant_id, lower(label)) in (
                    select deployments.tenant_id, deployments.environment
                    from {{ ref('int_deployments__ordered') }} as deployments
                    where deployments.environment_class = 'production'
                )
        )
)

select
    tenant_id,
    deployment_id,
    case when is_hotfix then 'hotfix' else 'revert' end as kind,
    pull_request_id::text as source_ref
from pulls
where is_hotfix or is_revert
union
select
    tenant_id,
    deployment_id,
    'revert' as kind,
    sha as source_ref
from commits
where message like '%This reverts commit %'
union
select
    pulls.tenant_id,
    pulls.deployment_id,
    'incident_fix' as kind,
    fixes.incident_id::text as source_ref
from pulls
inner join fixes using (tenant_id, pull_request_id)
union
select
    pulls.tenant_id,
    pulls.deployment_id,
    'bug_fix' as kind,
    bugs.issue_id::text as source_ref
from pulls
inner join {{ ref('int_issues__pull_requests') }} using (tenant_id, pull_request_id)
inner join bugs using (tenant_id, issue_id)

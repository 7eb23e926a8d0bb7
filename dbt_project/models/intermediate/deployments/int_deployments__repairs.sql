-- One row per deployment and change in it that mends something: a revert, a hotfix, or the fix that an incident names.
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

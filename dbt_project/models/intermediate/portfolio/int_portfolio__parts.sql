-- One row per service, repository and tracker's project: the project that a rule gives it to, and that one's portfolio.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'part', 'name'],
    indexes=[{'columns': ['tenant_id', 'part', 'name'], 'unique': True}],
) }}
with

names as (
    select tenant_id, 'service' as part, service as name
    from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
    union
    select tenant_id, 'repository' as part, repository as name
    from {{ ref('int_deployments__ordered') }}
    where {{ of_touched_tenants() }}
    union
    select tenant_id, 'repository' as part, repository as name
    from {{ ref('stg_github__pull_requests') }}
    where {{ of_touched_tenants() }}
    union
    select tenant_id, 'issue_project' as part, project as name
    from {{ ref('int_issues__unioned') }}
    where {{ of_touched_tenants() }}
),

ruled as (
    select
        names.tenant_id,
        names.part,
        names.name,
        rule.project
    from names
    left join lateral (
        select rules.project
        from {{ source('app', 'project_part') }} as rules
        where
            rules.tenant_id = names.tenant_id
            and rules.part = names.part
            and names.name like {{ glob_to_like('rules.pattern') }}
        order by rules.position
        limit 1
    ) as rule on true
)

select
    ruled.tenant_id,
    ruled.part,
    ruled.name,
    ruled.project,
    memberships.portfolio
from ruled
left join {{ source('app', 'portfolio_project') }} as memberships using (tenant_id, project)

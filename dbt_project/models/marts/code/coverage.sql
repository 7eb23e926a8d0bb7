-- One row per repository and commit whose coverage a check told, and per head of a default branch, told or not.
{{ config(unique_key=['tenant_id', 'repository', 'sha']) }}
with

-- Of several checks of a commit the last that ended counts.
told as (
    select distinct on (tenant_id, repository, sha)
        tenant_id,
        repository,
        sha,
        coverage_percent,
        name as check_name,
        url,
        coalesce(completed_at, started_at) as measured_at
    from {{ ref('stg_github__check_runs') }}
    where {{ of_touched_tenants() }} and coverage_percent is not null
    order by tenant_id, repository, sha, coalesce(completed_at, started_at) desc nulls last, name, external_id
),

heads as (
    select tenant_id, repository, sha
    from {{ ref('branches') }}
    where {{ of_touched_tenants() }} and is_default and sha is not null
),

commits as (
    select
        tenant_id,
        repository,
        sha,
        min(committed_at) as committed_at
    from {{ ref('int_commits__unioned') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, repository, sha
)

select
    tenant_id,
    repository,
    sha,
    heads.sha is not null as is_head,
    commits.committed_at,
    told.coverage_percent,
    told.check_name,
    told.measured_at,
    told.url
from told
full join heads using (tenant_id, repository, sha)
left join commits using (tenant_id, repository, sha)

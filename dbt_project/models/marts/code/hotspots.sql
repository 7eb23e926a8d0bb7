-- One row per file at the HEAD of a clone whose complexity could be measured and that people changed in the last year.
{{ config(unique_key=['tenant_id', 'repository', 'path']) }}
with

files as (
    select distinct on (tenant_id, repository, path) *
    from {{ ref('stg_git__files') }}
    where {{ of_touched_tenants() }} and complexity is not null
    order by tenant_id, repository, path, connection_id
),

churn as (
    select
        changes.tenant_id,
        changes.connection_id,
        changes.repository,
        changes.path,
        count(*) as commit_count,
        sum(changes.added_lines + changes.deleted_lines)::bigint as changed_lines,
        max(commits.authored_at) as last_changed_at
    from {{ ref('stg_git__file_changes') }} as changes
    inner join {{ ref('stg_git__commits') }} as commits using (tenant_id, connection_id, repository, sha)
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where
        {{ of_touched_tenants('changes.tenant_id') }}
        and not commits.is_bot
        and {{ local_day('commits.authored_at', 'tenants.time_zone') }} between tenants.today - 364 and tenants.today
    group by changes.tenant_id, changes.connection_id, changes.repository, changes.path
)

select
    files.tenant_id,
    files.repository,
    files.path,
    files.complexity,
    files.max_complexity,
    files.code_lines,
    churn.commit_count,
    churn.changed_lines,
    churn.last_changed_at,
    files.complexity * churn.commit_count as score,
    rank() over (
        partition by files.tenant_id, files.repository order by files.complexity * churn.commit_count desc
    ) as rank
from files
inner join churn using (tenant_id, connection_id, repository, path)

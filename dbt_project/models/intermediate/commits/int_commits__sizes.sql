-- One row per commit that a clone has, with the lines and files that it changed. Merges change none.
with

changes as (
    select
        tenant_id,
        connection_id,
        repository,
        sha,
        sum(added_lines) as added_lines,
        sum(deleted_lines) as deleted_lines,
        count(*) as file_count
    from {{ ref('stg_git__file_changes') }}
    group by tenant_id, connection_id, repository, sha
)

select
    commits.tenant_id,
    commits.repository,
    commits.sha,
    -- Two clones have the same commit: its changes are the same.
    coalesce(max(changes.added_lines), 0)::bigint as added_lines,
    coalesce(max(changes.deleted_lines), 0)::bigint as deleted_lines,
    coalesce(max(changes.file_count), 0)::bigint as file_count
from {{ ref('stg_git__commits') }} as commits
left join changes using (tenant_id, connection_id, repository, sha)
group by commits.tenant_id, commits.repository, commits.sha

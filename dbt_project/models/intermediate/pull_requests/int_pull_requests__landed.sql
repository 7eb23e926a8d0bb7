-- One row per pull request with when it came into the history, and whether its own commits did.
-- By its merge commit's time: GitHub notes the merge a moment later, so a tag on that commit would be before it.
select
    pulls.tenant_id,
    pulls.connection_id,
    pulls.repository,
    pulls.number,
    case when pulls.merged_at is not null then coalesce(merging.committed_at, pulls.merged_at) end as landed_at,
    coalesce(pulls.base_ref = repositories.default_branch, true) as is_into_default_branch,
    -- A squash and a rebase bring other commits than the pull request's own.
    pulls.merged_at is not null and coalesce(methods.merge_method, 'merge') in ('merge', 'fast_forward') as brings_own_commits
from {{ ref('int_pull_requests__timestamps') }} as pulls
left join {{ ref('int_pull_requests__merge_methods') }} as methods
    on pulls.tenant_id = methods.tenant_id and pulls.pull_request_id = methods.pull_request_id
left join {{ ref('stg_github__commits') }} as merging
    on
        pulls.tenant_id = merging.tenant_id
        and pulls.connection_id = merging.connection_id
        and pulls.repository = merging.repository
        and pulls.merge_commit_sha = merging.sha
left join {{ ref('stg_github__repositories') }} as repositories
    on
        pulls.tenant_id = repositories.tenant_id
        and pulls.connection_id = repositories.connection_id
        and pulls.repository = repositories.repository

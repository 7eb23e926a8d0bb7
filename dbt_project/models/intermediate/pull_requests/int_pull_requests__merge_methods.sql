-- One row per merged pull request whose merge commit is known, with the way in which it was merged.
with

pulls as (
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.pull_request_id,
        pulls.repository,
        pulls.number,
        commits.sha,
        commits.parents,
        commits.authored_at
    from {{ ref('stg_github__pull_requests') }} as pulls
    inner join {{ ref('stg_github__commits') }} as commits
        on
            pulls.tenant_id = commits.tenant_id
            and pulls.connection_id = commits.connection_id
            and pulls.repository = commits.repository
            and pulls.merge_commit_sha = commits.sha
    where pulls.merged_at is not null
)

-- A rebase keeps the author date of what it copies; a squash is written at the merge.
select
    pulls.tenant_id,
    pulls.pull_request_id,
    case
        when coalesce(bool_or(own.sha = pulls.sha), false) then 'fast_forward'
        when cardinality(pulls.parents) > 1 then 'merge'
        when coalesce(bool_or(own.authored_at = pulls.authored_at), false) then 'rebase'
        else 'squash'
    end as merge_method
from pulls
left join {{ ref('stg_github__pull_request_commits') }} as own
    on
        pulls.tenant_id = own.tenant_id
        and pulls.connection_id = own.connection_id
        and pulls.repository = own.repository
        and pulls.number = own.pull_request_number
group by pulls.tenant_id, pulls.pull_request_id, pulls.sha, pulls.parents, pulls.authored_at

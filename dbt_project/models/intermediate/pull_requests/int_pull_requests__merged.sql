-- One row per merged pull request with its own first commit, which survives squash and rebase.
with

pulls as (
    select * from {{ ref('stg_github__pull_requests') }}
    where merged_at is not null
),

first_commits as (
    select
        tenant_id,
        connection_id,
        repository,
        pull_request_number,
        min(authored_at) as authored_at
    from {{ ref('stg_github__pull_request_commits') }}
    group by tenant_id, connection_id, repository, pull_request_number
)

select
    pulls.tenant_id,
    pulls.connection_id,
    pulls.pull_request_id,
    pulls.repository,
    pulls.number,
    pulls.title,
    pulls.body_text,
    pulls.head_ref,
    pulls.head_sha,
    pulls.merge_commit_sha,
    pulls.is_bot,
    (pulls.head_ref like 'hotfix/%' or pulls.head_ref like 'hotfix-%' or 'hotfix' = any(pulls.labels)) is true as is_hotfix,
    -- The title and branch that GitHub proposes, or the sentence that it writes.
    (
        pulls.title like 'Revert "%'
        or pulls.head_ref like 'revert-%'
        or pulls.body_text ~ '\yReverts ([\w.-]+/[\w.-]+)?#\d'
    ) is true as is_revert,
    pulls.merged_at,
    first_commits.authored_at
from pulls
left join first_commits
    on
        pulls.tenant_id = first_commits.tenant_id
        and pulls.connection_id = first_commits.connection_id
        and pulls.repository = first_commits.repository
        and pulls.number = first_commits.pull_request_number

-- One row per merged pull request with its own first commit, which survives squash and rebase.
select
    tenant_id,
    connection_id,
    pull_request_id,
    repository,
    number,
    title,
    body_text,
    head_ref,
    head_sha,
    merge_commit_sha,
    is_bot,
    (
        head_ref ilike 'hotfix/%'
        or head_ref ilike 'hotfix-%'
        or exists (select from unnest(labels) as label where lower(label) = 'hotfix')
    ) is true as is_hotfix,
    -- The title and branch that GitHub proposes, or the sentence that it writes.
    (
        title like 'Revert "%'
        or head_ref like 'revert-%'
        or body_text ~ '\yReverts ([\w.-]+/[\w.-]+)?#\d'
    ) is true as is_revert,
    merged_at,
    first_commit_at as authored_at
from {{ ref('int_pull_requests__timestamps') }}
where merged_at is not null

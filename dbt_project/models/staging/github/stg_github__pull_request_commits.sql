-- One row per pull request and commit in it, which survive a squash.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    pull_request_number,
    sha,
    position,

    -- facts
    author ->> 'login' as author,
    {{ is_bot('author') }} as is_bot,
    commit_author_name as author_name,
    commit_author_email as author_email,
    message,
    {{ text_array('parents') }} as parents,

    -- times
    authored_at,
    committed_at,

    -- load
    _dlt_load_id
from {{ source('github', 'pull_request_commits') }}
where _deleted_at is null

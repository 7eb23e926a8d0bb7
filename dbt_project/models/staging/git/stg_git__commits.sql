-- One row per commit of a clone that a branch, a tag or HEAD reaches, or did once.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    sha,

    -- facts
    {{ text_array('parents') }} as parents,
    message,
    {{ is_bot_by_name('author_name', 'author_email') }} as is_bot,
    author_name,
    author_email,
    committer_name,
    committer_email,

    -- times
    authored_at,
    committed_at,

    -- load
    _dlt_load_id
from {{ source('git', 'commits') }}
where _deleted_at is null

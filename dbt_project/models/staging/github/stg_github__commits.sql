-- One row per commit that a branch or tag reaches.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    sha,

    -- facts
    {{ text_array('parents') }} as parents,
    message,
    author ->> 'login' as author,
    {{ is_bot('author') }} as is_bot,
    author_name,
    author_email,
    html_url as url,

    -- times
    authored_at,
    committed_at,

    -- load
    _dlt_load_id
from {{ source('github', 'commits') }}
where _deleted_at is null

-- One row per GitHub repository.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,

    -- facts
    name,
    default_branch,
    private as is_private,
    archived as is_archived,
    html_url as url,

    -- times
    created_at,
    updated_at,
    pushed_at,

    -- load
    _dlt_load_id
from {{ source('github', 'repositories') }}
where _deleted_at is null

-- One row per comment on an issue or pull request.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,
    issue_number,

    -- facts
    "user" ->> 'login' as author,
    body as body_text,
    html_url as url,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('github', 'comments') }}
where _deleted_at is null

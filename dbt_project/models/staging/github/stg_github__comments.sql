-- One row per comment on an issue or pull request.
with

source as (
    select * from {{ source('github', 'comments') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
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
from source
where _deleted_at is null

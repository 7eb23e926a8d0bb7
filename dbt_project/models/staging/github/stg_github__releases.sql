-- One row per release.
with

source as (
    select * from {{ source('github', 'releases') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id::text as external_id,
    repository,

    -- facts
    tag_name,
    target_commitish,
    name,
    draft as is_draft,
    prerelease as is_prerelease,
    html_url as url,

    -- times
    created_at,
    published_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

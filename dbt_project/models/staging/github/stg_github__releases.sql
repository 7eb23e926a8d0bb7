-- One row per release.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('github', 'releases') }}
where _deleted_at is null

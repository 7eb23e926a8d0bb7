-- One row per tag of a clone. Those of trees and blobs have no commit.
with

source as (
    select * from {{ source('git', 'tags') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    name,

    -- facts
    sha,
    object_sha,
    object_type,
    is_annotated,
    tagger_name,
    subject,

    -- times
    tagged_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

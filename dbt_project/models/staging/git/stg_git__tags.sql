-- One row per tag of a clone. Those of trees and blobs have no commit.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('git', 'tags') }}
where _deleted_at is null

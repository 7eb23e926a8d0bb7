-- One row per HubSpot pipeline with its stages.
with

source as (
    select * from {{ source('hubspot', 'pipelines') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as pipeline_id,

    -- facts
    label,
    object_type,
    stages,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

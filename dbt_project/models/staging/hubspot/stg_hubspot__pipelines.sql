-- One row per HubSpot pipeline with its stages.
select
    -- keys
    tenant_id,
    connection_id,
    id as pipeline_id,

    -- facts
    label,
    object_type,
    stages,

    -- load
    _dlt_load_id
from {{ source('hubspot', 'pipelines') }}
where _deleted_at is null

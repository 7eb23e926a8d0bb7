-- One row per HubSpot pipeline with its stages. One that is gone stays: the stage histories of tickets name it.
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

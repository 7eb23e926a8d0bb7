-- One row per place, mode (volume, tone) and bin. Empty bins are absent: not measured.
with

source as (
    select * from {{ source('gdelt', 'timelines') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    place_id::uuid as place_id,
    mode,

    -- facts
    value,
    norm,
    resolution,

    -- times
    at as measured_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

-- One row per place, mode (volume, tone) and bin. Empty bins are absent: not measured.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('gdelt', 'timelines') }}
where _deleted_at is null

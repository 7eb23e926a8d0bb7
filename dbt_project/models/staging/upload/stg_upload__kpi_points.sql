-- One row per uploaded row of a file.
with

points as (
    select * from {{ source('upload', 'kpi_points') }}
),

uploads as (
    select * from {{ source('app', 'upload') }}
)

select
    -- keys
    uploads.tenant_id,
    uploads.upload_id,
    points.row,
    points.metric,
    coalesce(points.entity, '') as entity,
    points.measured_at,

    -- facts
    points.value,
    points.metadata,

    -- times
    uploads.uploaded_at,

    -- load
    points._dlt_load_id
from points
inner join uploads
    on points.tenant_id = uploads.tenant_id and points.connection_id = uploads.upload_id
where points._deleted_at is null

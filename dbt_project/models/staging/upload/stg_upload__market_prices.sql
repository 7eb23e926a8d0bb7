-- One row per uploaded row of a file.
with

points as (
    select * from {{ source('upload', 'market_prices') }}
),

uploads as (
    select * from {{ source('app', 'upload') }}
)

select
    -- keys
    uploads.tenant_id,
    uploads.upload_id,
    points.row,
    points.symbol,
    points.priced_at,

    -- facts
    points.price,
    points.volume,
    points.currency,
    points.metadata,

    -- times
    uploads.uploaded_at,

    -- load
    points._dlt_load_id
from points
inner join uploads
    on points.tenant_id = uploads.tenant_id and points.connection_id = uploads.upload_id
where points._deleted_at is null

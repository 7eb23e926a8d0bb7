-- One row per place of a tenant that GeoNames knows.
with

source as (
    select * from {{ source('geonames', 'places') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    place_id::uuid as place_id,
    geoname_id,

    -- facts
    name,
    country_code,
    country_name,
    admin_name,
    latitude,
    longitude,
    population,
    time_zone,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

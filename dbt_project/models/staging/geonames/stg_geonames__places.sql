-- One row per place of a tenant that GeoNames knows.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('geonames', 'places') }}
where _deleted_at is null

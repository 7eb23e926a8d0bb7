-- One row per place, kind (forecast, archive) and hour.
select
    -- keys
    tenant_id,
    connection_id,
    place_id::uuid as place_id,
    kind,

    -- facts
    temperature_2m as temperature_celsius,
    relative_humidity_2m as relative_humidity_percent,
    precipitation as precipitation_millimetres,
    weather_code,
    wind_speed_10m as wind_speed_kilometres_per_hour,

    -- times
    at as measured_at,

    -- load
    _dlt_load_id
from {{ source('open_meteo', 'hourly') }}
where _deleted_at is null

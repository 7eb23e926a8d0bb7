-- One row per place, kind (forecast, archive) and day, as Open-Meteo cut it.
select
    -- keys
    tenant_id,
    connection_id,
    place_id::uuid as place_id,
    kind,
    day,

    -- facts
    temperature_2m_max as temperature_max_celsius,
    temperature_2m_min as temperature_min_celsius,
    precipitation_sum as precipitation_millimetres,
    weather_code,
    wind_speed_10m_max as wind_speed_max_kilometres_per_hour,

    -- load
    _dlt_load_id
from {{ source('open_meteo', 'daily') }}
where _deleted_at is null

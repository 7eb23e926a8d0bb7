-- One row per place and hour: the archive's value where there is one, else the newest forecast's.
select distinct on (tenant_id, place_id, measured_at)
    tenant_id,
    place_id,
    measured_at,
    kind,
    temperature_celsius,
    relative_humidity_percent,
    precipitation_millimetres,
    wind_speed_kilometres_per_hour,
    weather_code
from {{ ref('stg_open_meteo__hourly') }}
order by tenant_id, place_id, measured_at, kind, connection_id

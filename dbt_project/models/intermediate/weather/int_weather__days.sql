-- One row per place and day: the archive's value where there is one, else the newest forecast's.
select distinct on (tenant_id, place_id, day)
    tenant_id,
    place_id,
    day,
    kind,
    temperature_min_celsius,
    temperature_max_celsius,
    precipitation_millimetres,
    wind_speed_max_kilometres_per_hour,
    weather_code
from {{ ref('stg_open_meteo__daily') }}
order by tenant_id, place_id, day, kind, connection_id

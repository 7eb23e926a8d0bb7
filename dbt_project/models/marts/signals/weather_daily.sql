-- One row per place and day as Open-Meteo cuts it (UTC), observed or forecast. A day is a forecast until it is over.
{{ config(unique_key=['tenant_id', 'place_id', 'day'], touched='touched_weather_days') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

days as (
    select * from {{ ref('int_weather__days') }}
    {% if is_incremental() -%}
    where {{ of_tenants(touched_weather_days(this)) }}
    {%- endif %}
),

places as (
    select * from {{ ref('int_places__named') }}
),

as_of as (
    select * from {{ ref('int_tenants__as_of') }}
    where source = 'open_meteo'
),

codes as (
    select * from {{ ref('weather_codes') }}
)

select
    tenant_id,
    place_id,
    places.place,
    days.day,
    days.temperature_min_celsius,
    days.temperature_max_celsius,
    days.precipitation_millimetres,
    days.wind_speed_max_kilometres_per_hour,
    weather_code,
    codes.conditions,
    days.kind = 'forecast' and coalesce((days.day + 1)::timestamp at time zone 'UTC' > as_of.as_of, true) as is_forecast
from days
inner join places using (tenant_id, place_id)
left join as_of using (tenant_id)
left join codes using (weather_code)

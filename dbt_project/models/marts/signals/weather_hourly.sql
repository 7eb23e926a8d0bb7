-- One row per place and hour, observed or forecast.
{{ config(unique_key=['tenant_id', 'place_id', 'measured_at'], touched='touched_weather_hours') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

hours as (
    select * from {{ ref('int_weather__hours') }}
    {% if is_incremental() -%}
    where {{ of_tenants(touched_weather_hours(this)) }}
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
    hours.measured_at,
    hours.temperature_celsius,
    hours.relative_humidity_percent,
    hours.precipitation_millimetres,
    hours.wind_speed_kilometres_per_hour,
    weather_code,
    codes.conditions,
    hours.kind = 'forecast' and coalesce(hours.measured_at > as_of.as_of, true) as is_forecast
from hours
inner join places using (tenant_id, place_id)
left join as_of using (tenant_id)
left join codes using (weather_code)

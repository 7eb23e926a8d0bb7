-- One row per place of a tenant, under a name that is its own: two places of one name get their country, and if that does
-- not tell them apart, the beginning of their id.
with

places as (
    select * from {{ source('app', 'place') }}
),

counted as (
    select
        *,
        count(*) over (partition by tenant_id, name) as name_count,
        count(*) over (partition by tenant_id, name, country_code) as country_count
    from places
)

select
    tenant_id,
    place_id,
    case
        when name_count = 1 then name
        when country_count = 1 and country_code is not null then name || ' (' || country_code || ')'
        else name || ' (' || left(place_id::text, 8) || ')'
    end as place,
    country_code,
    time_zone
from counted

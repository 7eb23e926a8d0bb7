-- One row per place and day of volume and tone, from GDELT's timelines. A bin of a whole day is that day as GDELT cut it
-- (UTC); finer bins fall on the tenant's day. The tone of a day weighs each bin by its articles, for GDELT answers a tone
-- of 0 where there were none.
with

timelines as (
    select
        timelines.*,
        case timelines.resolution
            when 'day' then (timelines.measured_at at time zone 'UTC')::date
            else {{ local_day('timelines.measured_at', 'tenant.time_zone') }}
        end as day
    from {{ ref('stg_gdelt__timelines') }} as timelines
    inner join {{ source('app', 'tenant') }} as tenant using (tenant_id)
),

bins as (
    select
        tenant_id,
        connection_id,
        place_id,
        measured_at,
        day,
        (max(value) filter (where mode = 'volume'))::numeric as volume,  -- exact: a sum of floats hangs on their order
        (max(norm) filter (where mode = 'volume'))::numeric as norm,
        (max(value) filter (where mode = 'tone'))::numeric as tone
    from timelines
    group by tenant_id, connection_id, place_id, measured_at, day
),

by_connection as (
    select
        tenant_id,
        connection_id,
        place_id,
        day,
        sum(volume) as volume,
        sum(volume) / nullif(sum(norm) filter (where volume is not null), 0) as volume_share,
        case
            when count(volume) = 0 then avg(nullif(tone, 0))
            else
                sum(tone * volume) filter (where volume > 0)
                / nullif(sum(volume) filter (where volume > 0 and tone is not null), 0)
        end as tone
    from bins
    group by tenant_id, connection_id, place_id, day
)

-- Two connections that read the same place saw the same news.
select distinct on (tenant_id, place_id, day)
    tenant_id,
    place_id,
    day,
    volume::double precision as volume,
    volume_share::double precision as volume_share,
    tone::double precision as tone
from by_connection
order by tenant_id, place_id, day, by_connection.volume desc nulls last, connection_id

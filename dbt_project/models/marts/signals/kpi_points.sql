-- One row per uploaded metric, entity and instant. Where several uploads have a point, the last one counts.
{{ config(unique_key=['tenant_id', 'metric', 'entity', 'measured_at']) }}
with

points as (
    select * from {{ ref('stg_upload__kpi_points') }}
    where {{ of_touched_tenants() }}
)

select distinct on (points.tenant_id, points.metric, points.entity, points.measured_at)
    points.tenant_id,
    points.metric,
    points.entity,
    points.measured_at,
    (points.measured_at at time zone tenants.time_zone)::date as day,
    points.value,
    points.metadata
from points
inner join {{ source('app', 'tenant') }} as tenants on points.tenant_id = tenants.tenant_id
order by points.tenant_id, points.metric, points.entity, points.measured_at, points.uploaded_at desc, points.row desc

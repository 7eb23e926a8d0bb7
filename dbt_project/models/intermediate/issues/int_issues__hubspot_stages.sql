-- One row per stage of a HubSpot ticket pipeline: is it closed? HubSpot says so as a text.
with

pipelines as (
    select * from {{ ref('stg_hubspot__pipelines') }}
    where jsonb_typeof(stages) = 'array'
)

select
    pipelines.tenant_id,
    pipelines.connection_id,
    pipelines.pipeline_id,
    stage ->> 'id' as stage_id,
    max(stage ->> 'label') as label,
    bool_or(lower(stage ->> 'is_closed') = 'true') as is_closed
from pipelines
cross join lateral jsonb_array_elements(pipelines.stages) as stage
where stage ->> 'id' is not null and stage ->> 'is_closed' is not null
group by pipelines.tenant_id, pipelines.connection_id, pipelines.pipeline_id, stage ->> 'id'

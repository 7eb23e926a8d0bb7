-- One row per status of a deployment.
with

source as (
    select * from {{ source('github', 'deployment_statuses') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id::text as external_id,
    repository,
    deployment_id::text as deployment_external_id,

    -- facts
    state,
    environment,
    log_url,

    -- times
    created_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

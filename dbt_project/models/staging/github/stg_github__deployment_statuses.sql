-- One row per status of a deployment.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('github', 'deployment_statuses') }}
where _deleted_at is null

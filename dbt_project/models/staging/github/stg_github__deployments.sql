-- One row per GitHub deployment.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,

    -- facts
    sha,
    ref,
    task,
    environment,
    production_environment as is_production_environment,
    -- The payload is an object, or JSON in a text.
    case
        when jsonb_typeof(payload) = 'object' then payload ->> 'service'
        when pg_input_is_valid(payload #>> '{}', 'jsonb') and payload #>> '{}' like '{' || '%'
            then (payload #>> '{}')::jsonb ->> 'service'
    end as service,
    description,
    creator ->> 'login' as creator,
    {{ is_bot('creator') }} as is_bot,
    url,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('github', 'deployments') }}
where _deleted_at is null

-- One row per field of a Jira site, custom ones with their schema. One that is gone stays: changelogs name it.
select
    -- keys
    tenant_id,
    connection_id,
    id as field_id,

    -- facts
    name,
    custom as is_custom,
    schema_custom,
    schema_type,

    -- load
    _dlt_load_id
from {{ source('jira', 'fields') }}

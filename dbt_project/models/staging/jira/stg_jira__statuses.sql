-- One row per Jira status; its category says what it means in every language.
select
    -- keys
    tenant_id,
    connection_id,
    id as status_id,

    -- facts
    name,
    category_key,
    category_name,

    -- load
    _dlt_load_id
from {{ source('jira', 'statuses') }}
where _deleted_at is null

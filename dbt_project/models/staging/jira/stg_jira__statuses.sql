-- One row per Jira status; its category says what it means in every language.
with

source as (
    select * from {{ source('jira', 'statuses') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as status_id,

    -- facts
    name,
    category_key,
    category_name,

    -- load
    _dlt_load_id
from source
where _deleted_at is null

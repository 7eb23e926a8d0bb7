-- One row per Jira status; its category says what it means in every language.
-- One that is gone stays: the changelogs of issues that were in it name it.
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

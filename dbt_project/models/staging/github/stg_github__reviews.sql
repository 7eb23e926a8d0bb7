-- One row per review of a pull request.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,
    pull_request_number,

    -- facts
    "user" ->> 'login' as reviewer,
    {{ is_bot('"user"') }} as is_bot,
    state as state_name,
    commit_id as sha,
    html_url as url,

    -- times
    submitted_at,

    -- load
    _dlt_load_id
from {{ source('github', 'reviews') }}
where _deleted_at is null

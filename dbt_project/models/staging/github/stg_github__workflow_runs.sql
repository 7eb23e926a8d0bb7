-- One row per workflow run.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,

    -- facts
    name,
    path,
    display_title,
    head_branch,
    head_sha as sha,
    event,
    status as status_name,
    nullif(conclusion, '') as conclusion,
    run_number,
    run_attempt,
    html_url as url,

    -- times
    run_started_at,
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('github', 'workflow_runs') }}
where _deleted_at is null

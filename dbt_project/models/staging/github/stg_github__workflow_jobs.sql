-- One row per job of a workflow run and attempt.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,
    run_id::text as run_external_id,

    -- facts
    run_attempt,
    name,
    workflow_name,
    head_branch,
    head_sha as sha,
    status as status_name,
    conclusion,
    {{ text_array('labels') }} as labels,
    runner_name,
    html_url as url,

    -- times
    created_at,
    started_at,
    completed_at,

    -- load
    _dlt_load_id
from {{ source('github', 'workflow_jobs') }}
where _deleted_at is null

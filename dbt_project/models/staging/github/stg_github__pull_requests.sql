-- One row per pull request, as GitHub last showed it.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'github'", 'connection_id', 'id']) }} as pull_request_id,
    id::text as external_id,
    repository,
    number,

    -- facts
    state as state_name,
    title,
    body as body_text,
    "user" ->> 'login' as author,
    {{ is_bot('"user"') }} as is_bot,
    draft as is_draft,
    merge_commit_sha,
    head ->> 'ref' as head_ref,
    head ->> 'sha' as head_sha,
    base ->> 'ref' as base_ref,
    array(select label ->> 'name' from jsonb_array_elements(coalesce(labels, '[]')) as label) as labels,
    additions,
    deletions,
    changed_files as changed_file_count,
    merged_by ->> 'login' as merged_by,
    html_url as url,

    -- times
    created_at,
    updated_at,
    closed_at,
    merged_at,

    -- load
    _dlt_load_id
from {{ source('github', 'pull_requests') }}
where _deleted_at is null

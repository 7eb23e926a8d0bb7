-- One row per issue, pull requests left out.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'github'", 'connection_id', 'id']) }} as issue_id,
    id::text as external_id,
    repository,
    number,

    -- facts
    title,
    body as body_text,
    "user" ->> 'login' as author,
    {{ is_bot('"user"') }} as is_bot,
    state as state_name,
    state_reason,
    array(select label ->> 'name' from jsonb_array_elements(coalesce(labels, '[]')) as label) as labels,
    comments as comment_count,
    html_url as url,

    -- times
    created_at,
    updated_at,
    closed_at,

    -- load
    _dlt_load_id
from {{ source('github', 'issues') }}
where _deleted_at is null

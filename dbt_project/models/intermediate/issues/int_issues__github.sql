-- One row per GitHub issue with news in the common shape, before severity. GitHub has no types: labels say what an issue is.
with

issues as (
    select * from {{ ref('stg_github__issues') }}
    where {{ of_raw_issues_with_news() }}
)

select
    tenant_id,
    issue_id,
    'github' as source,
    connection_id,
    external_id,
    repository || '#' || number as key,
    repository as project,
    title,
    body_text,
    'issue' as type,
    state_name as status_name,
    state_name = 'closed' as is_done,
    state_reason as resolution,
    null::text as priority,
    labels,
    (
        select min(regexp_replace(label, '^(component|area)\s*[:/]\s*', '', 'i'))
        from unnest(labels) as label
        where label ~* '^(component|area)\s*[:/]'
    ) as component,
    null::text as customer,
    author as reporter,
    null::text as team,
    created_at,
    updated_at,
    case when state_name = 'closed' then coalesce(closed_at, updated_at) else updated_at end as state_changed_at,
    null::timestamptz as incident_started_at,
    url,
    _dlt_load_id
from issues

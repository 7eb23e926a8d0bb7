-- One row per Jira issue, as Jira last showed it.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'id']) }} as issue_id,
    id as external_id,
    key,
    project_key,

    -- facts
    summary as title,
    description_text as body_text,
    coalesce(issuetype ->> 'untranslatedName', issuetype ->> 'name') as type,
    coalesce((issuetype ->> 'subtask')::boolean, false) as is_subtask,
    status ->> 'id' as status_id,
    status ->> 'name' as status_name,
    status #>> '{statusCategory,key}' as status_category,
    priority ->> 'name' as priority,
    resolution ->> 'name' as resolution,
    {{ text_array('labels') }} as labels,
    components,
    coalesce(assignee ->> 'displayName', assignee ->> 'accountId') as assignee,
    coalesce(reporter ->> 'displayName', reporter ->> 'accountId') as reporter,
    parent ->> 'key' as parent_key,
    issuelinks as links,
    case when story_points >= 0 then story_points end as story_points,  -- less is somebody's word for: not estimated
    sprints,
    custom_fields,
    url,

    -- times
    created as created_at,
    updated as updated_at,
    resolutiondate as resolution_at,
    statuscategorychangedate as status_category_changed_at,

    -- load
    _dlt_load_id
from {{ source('jira', 'issues') }}
where _deleted_at is null

-- One row per issue, sprint and stay of the issue in that sprint: [entered_at, left_at). Sub-tasks are marked.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'issue_id', 'sprint_id', 'stay'],
    touched='touched_jira_histories',
    scope=['tenant_id', 'issue_id'],
    indexes=[
        {'columns': ['tenant_id', 'issue_id', 'sprint_id', 'stay'], 'unique': True},
        {'columns': ['tenant_id', 'sprint_id']},
    ],
) }}
-- depends_on: {{ ref('int_issues__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
with

issues as (
    select * from {{ ref('stg_jira__issues') }}
    {%- if is_incremental() %}
    where {{ of_raw_issues_with_news() }}
    {%- endif %}
),

changes as (
    select
        changes.tenant_id,
        changes.issue_id,
        changes.connection_id,
        issues.is_subtask,
        changes.changed_at,
        changes.position,
        changes.old_value,
        changes.new_value,
        row_number() over (partition by tenant_id, issue_id order by changes.position) as ordinal
    from {{ ref('int_sprints__issue_fields') }} as changes
    inner join issues using (tenant_id, issue_id)
    where changes.role = 'sprint'
),

values_at as (
    -- Before its first change an issue was in the sprints that the change took it from.
    select
        issues.tenant_id,
        issues.issue_id,
        issues.connection_id,
        issues.is_subtask,
        issues.created_at as valid_from,
        0 as position,
        changes.old_value as value
    from issues
    inner join changes using (tenant_id, issue_id)
    where changes.ordinal = 1
    union all
    select tenant_id, issue_id, connection_id, is_subtask, changed_at as valid_from, position, new_value as value
    from changes
    union all
    -- Without any change it has always been in the sprints that it shows.
    select
        issues.tenant_id,
        issues.issue_id,
        issues.connection_id,
        issues.is_subtask,
        issues.created_at as valid_from,
        0 as position,
        (
            select string_agg(sprint ->> 'id', ',')
            from jsonb_array_elements(
                case when jsonb_typeof(issues.sprints) = 'array' then issues.sprints else '[]' end
            ) as sprint
        ) as value
    from issues
    where not exists (
        select from changes where changes.tenant_id = issues.tenant_id and changes.issue_id = issues.issue_id
    )
),

intervals as (
    select
        *,
        lead(valid_from) over (partition by tenant_id, issue_id order by valid_from, position) as valid_until
    from values_at
),

pieces as (
    select distinct
        intervals.tenant_id,
        intervals.connection_id,
        intervals.issue_id,
        intervals.is_subtask,
        trim(sprint_id) as external_id,
        intervals.valid_from,
        intervals.valid_until
    from intervals
    cross join lateral string_to_table(intervals.value, ',') as sprint_id
    where trim(sprint_id) <> '' and intervals.valid_from is distinct from intervals.valid_until
),

-- Neighbouring pieces are one stay: a change of another sprint in the list moves nobody.
marked as (
    select
        *,
        coalesce(
            valid_from <> lag(valid_until) over (partition by tenant_id, issue_id, external_id order by valid_from), true
        ) as is_entry
    from pieces
),

stays as (
    select
        *,
        count(*) filter (where is_entry) over (
            partition by tenant_id, issue_id, external_id order by valid_from
        ) as stay
    from marked
)

select
    tenant_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'external_id']) }} as sprint_id,
    issue_id,
    stay,
    is_subtask,
    min(valid_from) as entered_at,
    -- An open end outlasts every date.
    nullif(max(coalesce(valid_until, 'infinity')), 'infinity') as left_at
from stays
group by tenant_id, connection_id, external_id, issue_id, stay, is_subtask

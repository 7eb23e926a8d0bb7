-- One row per issue and interval in which its story points had one value: [valid_from, valid_until). NULL: not estimated,
-- or in words (is_unreadable), such as a size XL.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'issue_id', 'position'],
    touched='touched_jira_histories',
    scope=['tenant_id', 'issue_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id', 'position'], 'unique': True}],
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
        changes.changed_at,
        changes.position,
        changes.old_value,
        changes.new_value,
        row_number() over (partition by tenant_id, issue_id order by changes.position) as ordinal
    from {{ ref('int_sprints__issue_fields') }} as changes
    inner join issues using (tenant_id, issue_id)
    where changes.role = 'points'
),

-- Words as the value of today are kept among the custom fields alone.
in_words as (
    select distinct issues.tenant_id, issues.issue_id
    from issues
    inner join {{ ref('int_sprints__fields') }} as fields using (tenant_id, connection_id)
    where
        fields.role = 'points'
        and issues.story_points is null
        and issues.custom_fields ->> fields.field_id ~ '[[:alpha:]]'
),

values_at as (
    select
        issues.tenant_id,
        issues.issue_id,
        issues.created_at as valid_from,
        0 as position,
        {{ points_or_null('changes.old_value') }} as points,
        coalesce(changes.old_value ~ '[[:alpha:]]', false) as is_unreadable
    from issues
    inner join changes using (tenant_id, issue_id)
    where changes.ordinal = 1
    union all
    select
        tenant_id,
        issue_id,
        changed_at as valid_from,
        position,
        {{ points_or_null('new_value') }} as points,
        coalesce(new_value ~ '[[:alpha:]]', false) as is_unreadable
    from changes
    union all
    select
        issues.tenant_id,
        issues.issue_id,
        issues.created_at as valid_from,
        0 as position,
        issues.story_points as points,
        in_words.issue_id is not null as is_unreadable
    from issues
    left join in_words using (tenant_id, issue_id)
    where not exists (
        select from changes where changes.tenant_id = issues.tenant_id and changes.issue_id = issues.issue_id
    )
)

select
    tenant_id,
    issue_id,
    position,
    valid_from,
    lead(valid_from) over (partition by tenant_id, issue_id order by valid_from, position) as valid_until,
    points,
    is_unreadable
from values_at

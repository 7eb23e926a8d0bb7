-- One row per issue: the objective that it serves, by the first rule that fits; NULL where none does.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    keeps_changes=true,
    unique_key=['tenant_id', 'issue_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id'], 'unique': True}],
) }}
with

issues as (
    select * from {{ ref('int_issues__unioned') }}
    where {{ of_touched_tenants() }}
),

-- What an issue is below: its epic, or that of the story it is a part of.
parents as (
    select
        issues.tenant_id,
        issues.issue_id,
        array_remove(array[issues.key, issues.parent_key, above.parent_key], null) as epics
    from {{ ref('stg_jira__issues') }} as issues
    left join {{ ref('stg_jira__issues') }} as above
        on
            issues.tenant_id = above.tenant_id
            and issues.connection_id = above.connection_id
            and issues.parent_key = above.key
    where {{ of_touched_tenants('issues.tenant_id') }}
),

rules as (
    select
        tenant_id,
        position,
        objective,
        field,
        source,
        {{ glob_to_like('lower(pattern)') }} as pattern
    from {{ source('app', 'objective_issue_rule') }}
)

select
    issues.tenant_id,
    issues.issue_id,
    issues.source,
    issues.project,
    issues.team,
    issues.is_delivered,
    issues.created_at,
    issues.resolved_at,
    issues.opened_ats,
    issues.resolved_ats,
    issues.key,
    issues.url,
    issues.labels,
    coalesce(parents.epics, '{}') as epics,
    rule.objective
from issues
left join parents using (tenant_id, issue_id)
left join lateral (
    select rules.objective
    from rules
    where
        rules.tenant_id = issues.tenant_id
        and (rules.source is null or rules.source = issues.source)
        and case rules.field
            when 'project' then lower(issues.project) like rules.pattern
            when 'epic' then exists (select from unnest(parents.epics) as epic where lower(epic) like rules.pattern)
            else exists (select from unnest(issues.labels) as label where lower(label) like rules.pattern)
        end
    order by rules.position
    limit 1
) as rule on true

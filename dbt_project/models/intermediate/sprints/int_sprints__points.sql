-- One row per issue and interval in which its story points had one value: [valid_from, valid_until). NULL: not estimated.
with

issues as (
    select * from {{ ref('stg_jira__issues') }}
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

values_at as (
    select
        issues.tenant_id,
        issues.issue_id,
        issues.created_at as valid_from,
        0 as position,
        {{ points_or_null('changes.old_value') }} as points
    from issues
    inner join changes using (tenant_id, issue_id)
    where changes.ordinal = 1
    union all
    select tenant_id, issue_id, changed_at as valid_from, position, {{ points_or_null('new_value') }} as points
    from changes
    union all
    select tenant_id, issue_id, created_at as valid_from, 0 as position, story_points as points
    from issues
    where not exists (
        select from changes where changes.tenant_id = issues.tenant_id and changes.issue_id = issues.issue_id
    )
)

select
    tenant_id,
    issue_id,
    valid_from,
    lead(valid_from) over (partition by tenant_id, issue_id order by valid_from, position) as valid_until,
    points
from values_at

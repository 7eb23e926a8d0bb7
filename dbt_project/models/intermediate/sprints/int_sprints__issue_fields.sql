-- One row per issue and change of its sprints or its story points, as Jira recorded it. A field that the site no longer
-- lists is known by its name.
with

roles as (
    select
        changes.*,
        coalesce(
            fields.role,
            case
                when lower(changes.field_name) = 'sprint' then 'sprint'
                when lower(changes.field_name) in ('story points', 'story point estimate') then 'points'
            end
        ) as role
    from {{ ref('int_issues__jira_changes') }} as changes
    left join {{ ref('int_sprints__fields') }} as fields using (tenant_id, connection_id, field_id)
)

select
    tenant_id,
    connection_id,
    issue_id,
    role,
    changed_at,
    position,
    -- Sprints are comma lists of ids; points are numbers in words.
    case role when 'sprint' then coalesce(old_id, '') else old_text end as old_value,
    case role when 'sprint' then coalesce(new_id, '') else new_text end as new_value
from roles
where role is not null

-- One row per issue and change of its sprints or its story points, as Jira recorded it. A field that the site no longer
-- lists is known by its name.
select
    changes.tenant_id,
    changes.connection_id,
    changes.issue_id,
    known.role,
    changes.changed_at,
    changes.position,
    -- Sprints are comma lists of ids; points are numbers in words.
    case known.role when 'sprint' then coalesce(changes.old_id, '') else changes.old_text end as old_value,
    case known.role when 'sprint' then coalesce(changes.new_id, '') else changes.new_text end as new_value
from {{ ref('int_issues__jira_changes') }} as changes
left join {{ ref('int_sprints__fields') }} as fields using (tenant_id, connection_id, field_id)
cross join
    lateral (
        select
            coalesce(
                fields.role,
                case
                    when lower(changes.field_name) = 'sprint' then 'sprint'
                    when lower(changes.field_name) in ('story points', 'story point estimate') then 'points'
                end
            ) as role
    ) as known
where known.role is not null

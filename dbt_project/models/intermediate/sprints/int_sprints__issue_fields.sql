-- One row per issue and change of its sprints or its story points, as Jira recorded it. A field that the site no longer
-- lists is known by its name.
with

items as (
    select
        changelogs.tenant_id,
        changelogs.connection_id,
        changelogs.issue_id,
        changelogs.changed_at,
        row_number() over (
            partition by changelogs.tenant_id, changelogs.issue_id
            order by changelogs.changed_at, length(changelogs.external_id), changelogs.external_id, item.position
        ) as position,
        item.json ->> 'fieldId' as field_id,
        lower(item.json ->> 'field') as field_name,
        item.json
    from {{ ref('stg_jira__changelogs') }} as changelogs
    cross join lateral jsonb_array_elements(changelogs.items) with ordinality as item (json, position)
    where jsonb_typeof(changelogs.items) = 'array'
),

roles as (
    select
        items.*,
        coalesce(
            fields.role,
            case
                when items.field_name = 'sprint' then 'sprint'
                when items.field_name in ('story points', 'story point estimate') then 'points'
            end
        ) as role
    from items
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
    case role when 'sprint' then coalesce(json ->> 'from', '') else json ->> 'fromString' end as old_value,
    case role when 'sprint' then coalesce(json ->> 'to', '') else json ->> 'toString' end as new_value
from roles
where role is not null

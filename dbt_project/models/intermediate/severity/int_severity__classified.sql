-- One row per distinct (type, priority, labels) of a tenant's source: its severity with the reason, and whether it is an
-- incident. Rules are few and combinations repeat, so matching them here is cheap however many issues there are.
with

combinations as (
    select distinct tenant_id, source, type, priority, labels
    from {{ ref('int_issues__collected') }}
),

marks as (
    select combinations.*, mark.field, mark.value
    from combinations
    cross join lateral (
        select 'priority' as field, lower(priority) as value where priority is not null
        union all
        select 'type' as field, lower(type) as value where type is not null
        union all
        select 'label' as field, lower(label) as value from unnest(labels) as label
        union all
        select 'default' as field, '' as value
    ) as mark
),

-- A tenant's own rules come before the default ones.
scales as (
    select tenant_id, source, 1 as rank, position, field, {{ glob_to_like('lower(pattern)') }} as pattern, severity
    from {{ source('app', 'severity_rule') }}
    union all
    select
        tenants.tenant_id,
        defaults.source,
        2 as rank,
        defaults.position,
        defaults.field,
        {{ glob_to_like('lower(defaults.pattern)') }} as pattern,
        defaults.severity
    from {{ source('app', 'tenant') }} as tenants
    cross join {{ ref('severity_rules') }} as defaults
),

severities as (
    select distinct on (marks.tenant_id, marks.source, marks.type, marks.priority, marks.labels)
        marks.tenant_id,
        marks.source,
        marks.type,
        marks.priority,
        marks.labels,
        rules.severity,
        case
            when rules.field = 'default' then 'default: no priority, label or type says otherwise'
            else rules.field || ' = ' || marks.value
        end as severity_reason
    from marks
    inner join scales as rules
        on
            marks.tenant_id = rules.tenant_id
            and marks.source = rules.source
            and marks.field = rules.field
            and marks.value like rules.pattern
    order by
        marks.tenant_id, marks.source, marks.type, marks.priority, marks.labels, rules.rank, rules.position, marks.value
),

-- A tenant with rules of its own is judged by these alone.
rules as (
    select tenant_id, source, position, field, pattern, is_incident
    from {{ source('app', 'incident_rule') }}
    union all
    select tenant.tenant_id, defaults.source, defaults.position, defaults.field, defaults.pattern, defaults.is_incident
    from {{ source('app', 'tenant') }} as tenant
    cross join {{ ref('incident_rules') }} as defaults
    where not exists (select from {{ source('app', 'incident_rule') }} as own where own.tenant_id = tenant.tenant_id)
),

incidents as (
    select distinct on (marks.tenant_id, marks.source, marks.type, marks.priority, marks.labels)
        marks.tenant_id,
        marks.source,
        marks.type,
        marks.priority,
        marks.labels,
        rules.is_incident
    from marks
    inner join rules
        on
            marks.tenant_id = rules.tenant_id
            and marks.source = rules.source
            and marks.field = case rules.field when 'issue_type' then 'type' else rules.field end
            and marks.value like {{ glob_to_like('lower(rules.pattern)') }}
    order by marks.tenant_id, marks.source, marks.type, marks.priority, marks.labels, rules.position
)

select
    severities.*,
    coalesce(incidents.is_incident, false) as is_incident
from severities
left join incidents
    on
        severities.tenant_id = incidents.tenant_id
        and severities.source = incidents.source
        and severities.type is not distinct from incidents.type
        and severities.priority is not distinct from incidents.priority
        and severities.labels = incidents.labels

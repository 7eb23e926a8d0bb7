-- One row per combination of source, type, priority and labels that issues have.
{{ config(unique_key=['tenant_id', 'class_id']) }}
with

classes as (
    select * from {{ ref('int_severity__classified') }}
    where {{ of_touched_tenants() }}
),

counts as (
    select
        tenant_id,
        source,
        type,
        priority,
        labels,
        count(*) as issue_count,
        count(*) filter (where not is_done) as open_count,
        max(created_at) as last_created_at
    from {{ ref('int_issues__collected') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, source, type, priority, labels
)

select
    classes.tenant_id,
    {{ surrogate_id([
        'classes.source', "coalesce('=' || classes.type, '')", "coalesce('=' || classes.priority, '')", 'classes.labels::text'
    ]) }} as class_id,
    classes.source,
    classes.type,
    classes.priority,
    classes.labels,
    classes.severity,
    classes.severity_reason,
    classes.is_incident,
    counts.issue_count,
    counts.open_count,
    counts.last_created_at
from classes
inner join counts
    on
        classes.tenant_id = counts.tenant_id
        and classes.source = counts.source
        and classes.type is not distinct from counts.type
        and classes.priority is not distinct from counts.priority
        and classes.labels = counts.labels

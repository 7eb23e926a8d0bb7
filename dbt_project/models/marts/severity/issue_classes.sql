-- One row per combination of source, type, priority and labels that issues have.
{{ config(unique_key=['tenant_id', 'class_id']) }}
select
    tenant_id,
    {{ surrogate_id([
        'source', "coalesce('=' || type, '')", "coalesce('=' || priority, '')", 'labels::text'
    ]) }} as class_id,
    source,
    type,
    priority,
    labels,
    severity,
    severity_reason,
    is_incident,
    count(*) as issue_count,
    count(*) filter (where status = 'open') as open_count,
    max(created_at) as last_created_at
from {{ ref('int_issues__unioned') }}
where {{ of_touched_tenants() }}
group by tenant_id, source, type, priority, labels, severity, severity_reason, is_incident

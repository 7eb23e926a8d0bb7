-- One row per issue, with the objective that it serves.
{{ config(unique_key=['tenant_id', 'issue_id']) }}
select
    tenant_id,
    issue_id,
    source,
    key,
    project,
    labels,
    epics,
    objective,
    is_delivered,
    created_at,
    resolved_at
from {{ ref('int_portfolio__issues') }}
where {{ of_touched_tenants() }}

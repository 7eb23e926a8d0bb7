-- One row per issue and place in its text that names a component, service or customer of the tenant's own.
{{ config(unique_key=['tenant_id', 'issue_id', 'kind', 'name', 'field', 'position']) }}

select
    mentions.tenant_id,
    mentions.issue_id,
    mentions.kind,
    mentions.name,
    mentions.field,
    mentions.position,
    mentions.matched_text,
    issues.source,
    issues.key
from {{ source('ml', 'issue_mentions') }} as mentions
inner join {{ ref('int_issues__unioned') }} as issues using (tenant_id, issue_id)
where {{ of_touched_tenants('mentions.tenant_id') }}

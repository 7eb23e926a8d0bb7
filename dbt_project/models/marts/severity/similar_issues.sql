-- One row per issue and issue like it, the twenty most alike at most.
{{ config(unique_key=['tenant_id', 'issue_id', 'rank']) }}

select
    alike.tenant_id,
    alike.issue_id,
    alike.rank,
    alike.similar_issue_id,
    issues.source,
    issues.key,
    issues.title as summary,
    issues.status,
    alike.similarity,
    1 - alike.similarity as distance,
    issues.created_at,
    issues.url
from {{ source('ml', 'similar_issues') }} as alike
inner join {{ ref('int_issues__unioned') }} as issues
    on alike.tenant_id = issues.tenant_id and alike.similar_issue_id = issues.issue_id
where {{ of_touched_tenants('alike.tenant_id') }}

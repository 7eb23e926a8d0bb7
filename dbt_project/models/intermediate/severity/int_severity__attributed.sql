-- One row per issue: its component and customer, from its source or else from its text, and which of these it was.
select
    issues.tenant_id,
    issues.issue_id,
    coalesce(issues.component, named.component) as component,
    case when issues.component is null then named.component_reason else 'source' end as component_reason,
    coalesce(issues.customer, named.customer) as customer,
    case when issues.customer is null then named.customer_reason else 'source' end as customer_reason
from {{ ref('int_issues__unioned') }} as issues
left join {{ ref('int_severity__named') }} as named using (tenant_id, issue_id)

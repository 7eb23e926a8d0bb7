-- Every open issue has a score and no other has; the four shares of a score add up to one.
select
    tenant_id,
    issue_id
from {{ ref('issue_priority') }} as scored
full join (select * from {{ ref('issues') }} where status = 'open') as issues using (tenant_id, issue_id)
where
    scored.score is null
    or issues.status is null
    or abs(severity_share + age_share + recency_share + customers_share - 1) > 0.000001

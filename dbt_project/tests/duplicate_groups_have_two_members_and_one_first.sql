-- Every issue is in one group at most, every group has two members or more, and one of them reported first.
select
    tenant_id,
    group_id
from {{ ref('duplicate_members') }}
group by tenant_id, group_id
having count(*) < 2 or count(*) filter (where method = 'first_report') <> 1 or not bool_or(issue_id = group_id)

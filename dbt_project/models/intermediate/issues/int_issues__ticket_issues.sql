-- One row per customer's ticket and engineering issue (Jira, GitHub) of the same problem, and how we know. A link of the
-- ticket's own counts before a like text. `of_touched_tenants` is in what reads it.
with

issues as (
    select * from {{ ref('int_issues__unioned') }}
),

said as (
    select tenant_id, issue_id as ticket_id, linked_issue_id as issue_id, method, 1 as rank
    from {{ ref('int_issues__links') }}
    union all
    select tenant_id, linked_issue_id as ticket_id, issue_id, method, 1 as rank
    from {{ ref('int_issues__links') }}
    union all
    select members.tenant_id, members.issue_id as ticket_id, others.issue_id, 'similarity' as method, 2 as rank
    from {{ source('ml', 'duplicate_members') }} as members
    inner join {{ source('ml', 'duplicate_members') }} as others using (tenant_id, group_id)
),

paired as (
    select distinct on (said.tenant_id, said.ticket_id, said.issue_id)
        said.*
    from said
    inner join issues as tickets on said.tenant_id = tickets.tenant_id and said.ticket_id = tickets.issue_id
    inner join issues on said.tenant_id = issues.tenant_id and said.issue_id = issues.issue_id
    where tickets.source in ('hubspot', 'zendesk') and issues.source in ('github', 'jira')
    order by said.tenant_id, said.ticket_id, said.issue_id, said.rank, said.method
)

-- Who has a link of its own is not also put down to what it is like.
select tenant_id, ticket_id, issue_id, method
from paired
where rank = 1 or not exists (
    select from paired as own
    where own.tenant_id = paired.tenant_id and own.ticket_id = paired.ticket_id and own.rank = 1
)

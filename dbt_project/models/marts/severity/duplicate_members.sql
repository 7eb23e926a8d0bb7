-- One row per issue that reports the same problem as another one, of any source.
{{ config(unique_key=['tenant_id', 'issue_id']) }}
with

-- Between two comparisons of texts an issue may have gone. A group without its first report, or of one, waits for the next.
present as (
    select
        members.*,
        count(*) over (partition by members.tenant_id, members.group_id) as member_count,
        bool_or(members.issue_id = members.group_id) over (partition by members.tenant_id, members.group_id) as has_first
    from {{ source('ml', 'duplicate_members') }} as members
    inner join {{ ref('int_issues__unioned') }} using (tenant_id, issue_id)
    where {{ of_touched_tenants('members.tenant_id') }}
)

select
    members.tenant_id,
    members.issue_id,
    members.group_id,
    members.method,
    members.joined_issue_id,
    members.similarity,
    issues.source,
    issues.key,
    issues.title,
    attributed.customer,
    attributed.component,
    issues.severity,
    issues.status,
    issues.is_incident,
    issues.created_at,
    issues.resolved_at,
    issues.url
from present as members
inner join {{ ref('int_issues__unioned') }} as issues using (tenant_id, issue_id)
inner join {{ ref('int_severity__attributed') }} as attributed using (tenant_id, issue_id)
where members.member_count >= 2 and members.has_first

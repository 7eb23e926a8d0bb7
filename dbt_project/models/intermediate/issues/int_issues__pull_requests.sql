-- One row per issue of Jira or GitHub and pull request that says it is for it, or that the issue links to; the surest way
-- counts.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_mentioned_issues',
    scope=['tenant_id', 'issue_id'],
    unique_key=['tenant_id', 'issue_id', 'pull_request_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id', 'pull_request_id'], 'unique': True}],
) }}
-- depends_on: {{ ref('int_issues__touched') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

issues as (
    select *
    from {{ looked_up(ref('int_issues__keys'), touched_mentioned_issues(this), ['tenant_id', 'issue_id']) }} as issues
    where source in ('github', 'jira')
),

-- By itself: left to the planner, the address of each link is taken apart again for each pull request of its tenant.
linked as materialized (
    select
        links.tenant_id,
        links.issue_id,
        lower(found.match[1]) as repository,
        found.match[2]::bigint as number
    from {{ ref('stg_jira__remotelinks') }} as links
    cross join lateral regexp_matches(links.url, '{{ address_of_a_pull_request() }}', 'i') as found (match)
    where {{ of_touched_tenants('links.tenant_id') }}
),

said as (
    select
        issues.tenant_id,
        issues.issue_id,
        mentions.pull_request_id,
        mentions.method
    from
        {{ looked_up(
            ref('int_pull_requests__mentions'), 'select distinct tenant_id, source, key from issues', ['tenant_id', 'source', 'key']
        ) }} as mentions
    inner join issues using (tenant_id, source, key)
    union all
    select
        linked.tenant_id,
        linked.issue_id,
        pulls.pull_request_id,
        'remote_link' as method
    from linked
    inner join issues using (tenant_id, issue_id)
    inner join {{ ref('stg_github__pull_requests') }} as pulls
        on
            linked.tenant_id = pulls.tenant_id
            and linked.repository = lower(pulls.repository)
            and linked.number = pulls.number
    where {{ of_touched_tenants('pulls.tenant_id') }}
)

select distinct on (tenant_id, issue_id, pull_request_id)
    tenant_id,
    issue_id,
    pull_request_id,
    method
from said
order by
    tenant_id,
    issue_id,
    pull_request_id,
    array_position(array['closing_keyword', 'remote_link', 'key_in_title', 'branch_name', 'key_in_text'], method)

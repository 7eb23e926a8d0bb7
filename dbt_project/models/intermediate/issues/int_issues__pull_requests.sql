-- One row per issue of Jira or GitHub and pull request that says it is for it, or that the issue links to; the surest way
-- counts. Found for issues of every kind, int_incidents__fixes only for incidents.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'issue_id', 'pull_request_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id', 'pull_request_id'], 'unique': True}],
) }}
{% set jira_key = '\y([A-Za-z][A-Za-z0-9_]+-\d{1,9})\y' -%}
{% set closes = '\y(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+([\w.-]+/[\w.-]+)?#(\d{1,9})\y' -%}
with

issues as (
    select
        tenant_id,
        issue_id,
        source,
        lower(key) as key
    from {{ ref('int_issues__unioned') }}
    where source in ('github', 'jira') and {{ of_touched_tenants() }}
),

pulls as (
    select
        tenant_id,
        pull_request_id,
        repository,
        number,
        title,
        head_ref,
        body_text
    from {{ ref('stg_github__pull_requests') }}
    where {{ of_touched_tenants() }}
),

texts as (
    {% for method, column in {'key_in_title': 'title', 'branch_name': 'head_ref', 'key_in_text': 'body_text'}.items() -%}
    select
        tenant_id,
        pull_request_id,
        '{{ method }}' as method,
        {{ loop.index + 1 }} as rank,
        {{ column }} as text
    from pulls
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
),

mentions as (
    select
        texts.tenant_id,
        texts.pull_request_id,
        'jira' as source,
        lower(found.match[1]) as key,
        texts.method,
        texts.rank
    from texts
    cross join lateral regexp_matches(texts.text, '{{ jira_key }}', 'g') as found (match)
    union all
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        'github' as source,
        lower(coalesce(found.match[1], pulls.repository) || '#' || found.match[2]) as key,
        'closing_keyword' as method,
        1 as rank
    from pulls
    cross join lateral regexp_matches(
        concat_ws(' ', pulls.title, pulls.body_text), '{{ closes }}', 'gi'
    ) as found (match)
),

-- By itself: left to the planner, the address of each link is taken apart again for each pull request of its tenant.
linked as materialized (
    select
        links.tenant_id,
        links.issue_id,
        lower(found.match[1]) as repository,
        found.match[2]::bigint as number
    from {{ ref('stg_jira__remotelinks') }} as links
    cross join lateral regexp_matches(links.url, '([\w.-]+/[\w.-]+)/pulls?/(\d{1,9})', 'i') as found (match)
    where {{ of_touched_tenants('links.tenant_id') }}
),

said as (
    select
        issues.tenant_id,
        issues.issue_id,
        mentions.pull_request_id,
        mentions.method,
        mentions.rank
    from mentions
    inner join issues using (tenant_id, source, key)
    union all
    select
        linked.tenant_id,
        linked.issue_id,
        pulls.pull_request_id,
        'remote_link' as method,
        1 as rank
    from linked
    inner join issues using (tenant_id, issue_id)
    inner join pulls
        on
            linked.tenant_id = pulls.tenant_id
            and linked.repository = lower(pulls.repository)
            and linked.number = pulls.number
)

select distinct on (tenant_id, issue_id, pull_request_id)
    tenant_id,
    issue_id,
    pull_request_id,
    method
from said
order by tenant_id, issue_id, pull_request_id, rank

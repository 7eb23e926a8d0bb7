-- One row per pair of issues of which the first says that both are about the same problem, and by what it says so: the
-- surest way counts. `of_touched_tenants` is in what it reads.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'issue_id', 'linked_issue_id'],
    indexes=[{'columns': ['tenant_id', 'issue_id', 'linked_issue_id'], 'unique': True}],
) }}
with

issues as (
    select
        tenant_id,
        issue_id,
        source,
        lower(key) as key,
        project,
        body_text
    from {{ ref('int_issues__unioned') }}
    where {{ of_touched_tenants() }}
),

ticket_fields as (
    select tenant_id, ticket_id as issue_id, jira_issue_key from {{ ref('stg_hubspot__tickets') }}
    where {{ of_touched_tenants() }}
    union all
    select tenant_id, ticket_id as issue_id, jira_issue_key from {{ ref('stg_zendesk__tickets') }}
    where {{ of_touched_tenants() }}
),

jira_links as (
    select
        jira.tenant_id,
        jira.issue_id,
        coalesce(link.json #>> '{inwardIssue,key}', link.json #>> '{outwardIssue,key}') as linked_key
    from {{ ref('stg_jira__issues') }} as jira
    cross join lateral jsonb_array_elements(jira.links) as link (json)
    where
        jsonb_typeof(jira.links) = 'array'
        and {{ of_touched_tenants('jira.tenant_id') }}
        and link.json #>> '{type,name}' ilike '%duplicate%'
),

-- GitHub's own way of marking a duplicate is a comment that says so.
github_texts as (
    select tenant_id, issue_id, project, body_text from issues
    where source = 'github'
    union all
    select issues.tenant_id, issues.issue_id, issues.project, comments.body_text
    from {{ ref('stg_github__comments') }} as comments
    inner join issues
        on
            comments.tenant_id = issues.tenant_id
            and issues.source = 'github'
            and lower(comments.repository || '#' || comments.issue_number) = issues.key
    where comments.body_text ilike '%duplicate of%'
),

github_duplicates as (
    select
        texts.tenant_id,
        texts.issue_id,
        coalesce(found.match[1], texts.project) || '#' || found.match[2] as linked_key
    from github_texts as texts
    cross join lateral regexp_matches(
        texts.body_text, '\yduplicate of:?\s+([\w.-]+/[\w.-]+)?#(\d{1,9})\y', 'gi'
    ) as found (match)
),

said as (
    select tenant_id, issue_id, 'jira' as source, lower(trim(jira_issue_key)) as key, 'ticket_field' as method, 1 as rank
    from ticket_fields
    where jira_issue_key is not null
    union all
    select tenant_id, issue_id, 'jira' as source, lower(linked_key) as key, 'jira_link' as method, 2 as rank
    from jira_links
    union all
    select tenant_id, issue_id, 'github' as source, lower(linked_key) as key, 'named_duplicate' as method, 3 as rank
    from github_duplicates
    union all
    select
        tenant_id,
        issue_id,
        source,
        key,
        method,
        case method when 'remote_link' then 4 else 5 end as rank
    from {{ ref('int_issues__named') }}
)

select distinct on (said.tenant_id, said.issue_id, linked.issue_id)
    said.tenant_id,
    said.issue_id,
    linked.issue_id as linked_issue_id,
    said.method
from said
inner join issues using (tenant_id, issue_id)
inner join issues as linked
    on said.tenant_id = linked.tenant_id and said.source = linked.source and said.key = linked.key
where said.issue_id <> linked.issue_id
order by said.tenant_id, said.issue_id, linked.issue_id, said.rank

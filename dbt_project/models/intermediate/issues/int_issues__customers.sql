-- One row per issue with customers: how many different ones it affects, its own and those of the tickets linked to it.
-- Customers are those of the sources, and those that texts name where a source knows none.
with

issues as (
    select
        issues.tenant_id,
        issues.issue_id,
        issues.source,
        issues.key,
        attributed.customer
    from {{ ref('int_issues__unioned') }} as issues
    inner join {{ ref('int_severity__attributed') }} as attributed using (tenant_id, issue_id)
),

tickets as (
    select tenant_id, ticket_id, lower(trim(jira_issue_key)) as jira_issue_key from {{ ref('stg_hubspot__tickets') }}
    where jira_issue_key is not null
    union all
    select tenant_id, ticket_id, lower(trim(jira_issue_key)) as jira_issue_key from {{ ref('stg_zendesk__tickets') }}
    where jira_issue_key is not null
),

affected as (
    select tenant_id, issue_id, customer
    from issues
    where customer is not null
    union
    select issues.tenant_id, issues.issue_id, reporting.customer
    from issues
    inner join tickets on issues.tenant_id = tickets.tenant_id and lower(issues.key) = tickets.jira_issue_key
    inner join issues as reporting on tickets.tenant_id = reporting.tenant_id and tickets.ticket_id = reporting.issue_id
    where issues.source = 'jira' and reporting.customer is not null
)

select tenant_id, issue_id, count(distinct customer) as customer_count
from affected
group by tenant_id, issue_id

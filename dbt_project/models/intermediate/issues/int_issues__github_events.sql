-- One row per time a GitHub issue with news was closed or reopened.
with

events as (
    select * from {{ ref('stg_github__issue_events') }}
    where event in ('closed', 'reopened')
),

issues as (
    select * from {{ ref('stg_github__issues') }}
    where {{ of_issues_with_news() }}
)

select
    issues.tenant_id,
    issues.issue_id,
    events.external_id,
    events.event,
    events.created_at as happened_at
from events
inner join issues
    on
        events.tenant_id = issues.tenant_id
        and events.connection_id = issues.connection_id
        and events.repository = issues.repository
        and events.issue_number = issues.number

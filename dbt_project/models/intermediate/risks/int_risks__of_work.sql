-- One row per pull request and issue that waits, with how many days; which of them are risks the thresholds say.
with

pulls as (
    select * from {{ ref('pull_requests') }}
    where state = 'open' and not is_draft and not is_bot
),

issues as (
    select * from {{ ref('issues') }}
    where status = 'open'
),

waiting as (
    select
        tenant_id,
        'stuck_pull_request' as rule,
        pull_request_id::text as subject,
        repository || '#' || number || ' ' || title as name,
        repository,
        author as owner,
        updated_at as since,
        url
    from pulls
    union all
    select
        tenant_id,
        'waiting_review' as rule,
        pull_request_id::text as subject,
        repository || '#' || number || ' ' || title as name,
        repository,
        author as owner,
        ready_at as since,
        url
    from pulls
    where first_review_at is null
    union all
    select
        tenant_id,
        case when is_incident then 'open_incident' else 'old_severe_issue' end as rule,
        issue_id::text as subject,
        key || ' ' || title as name,
        case when source = 'github' then project end as repository,
        team as owner,
        created_at as since,
        url
    from issues
    where is_incident or severity >= 4
    union all
    select
        tenant_id,
        'ageing_work' as rule,
        issue_id::text as subject,
        key || ' ' || title as name,
        null as repository,
        assignee as owner,
        coalesce(status_category_changed_at, updated_at) as since,
        url
    from {{ ref('stg_jira__issues') }}
    where status_category = 'indeterminate'
)

select
    waiting.*,
    (tenants.today - {{ local_day('waiting.since', 'tenants.time_zone') }})::double precision as measured
from waiting
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)

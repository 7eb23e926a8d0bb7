-- One row per customer's ticket, issue and pull request of its problem: the chain from the complaint to the deployment, as
-- far as it goes. A ticket that nobody linked has one row, which ends at once.
{{ config(unique_key=['tenant_id', 'ticket_delivery_id']) }}
with

tickets as (
    select
        tickets.tenant_id,
        tickets.issue_id as ticket_id,
        tickets.source,
        tickets.key,
        tickets.title,
        attributed.customer,
        tickets.severity,
        tickets.status,
        tickets.created_at,
        tickets.resolved_at,
        tickets.url
    from {{ ref('int_issues__unioned') }} as tickets
    inner join {{ ref('int_severity__attributed') }} as attributed using (tenant_id, issue_id)
    where tickets.source in ('hubspot', 'zendesk') and {{ of_touched_tenants('tickets.tenant_id') }}
),

issues as (
    select * from {{ ref('int_issues__unioned') }}
    where {{ of_touched_tenants() }}
),

pulls as (
    select * from {{ ref('stg_github__pull_requests') }}
    where {{ of_touched_tenants() }}
),

deployed as (
    select distinct on (tenant_id, pull_request_id) *
    from {{ ref('int_changes__pull_requests') }}
    where environment_class = 'production' and not is_baseline and {{ of_touched_tenants() }}
    order by tenant_id, pull_request_id, deployed_at, deployment_id
),

chains as (
    select
        tickets.tenant_id,
        {{ surrogate_id(['tickets.ticket_id', 'links.issue_id', 'named.pull_request_id']) }} as ticket_delivery_id,
        tickets.ticket_id,
        tickets.source,
        tickets.key as ticket_key,
        tickets.title,
        tickets.customer,
        tickets.severity,
        tickets.status as ticket_status,
        tickets.created_at as ticket_created_at,
        tickets.resolved_at as ticket_resolved_at,
        tickets.url,
        links.issue_id,
        issues.source as issue_source,
        issues.key as issue_key,
        issues.status as issue_status,
        links.method as issue_method,
        issues.created_at as issue_created_at,
        issues.resolved_at as issue_resolved_at,
        named.pull_request_id,
        pulls.repository || '#' || pulls.number as pull_request_key,
        named.method as pull_request_method,
        pulls.created_at as pull_request_opened_at,
        pulls.merged_at,
        -- Closed without a merge: nothing will be delivered by it.
        pulls.closed_at is not null and pulls.merged_at is null as is_abandoned,
        deployed.deployment_id,
        deployed.service,
        deployed.attribution_method as deployment_method,
        deployed.deployed_at
    from tickets
    left join {{ ref('int_issues__ticket_issues') }} as links using (tenant_id, ticket_id)
    left join issues on links.tenant_id = issues.tenant_id and links.issue_id = issues.issue_id
    left join {{ ref('int_issues__pull_requests') }} as named
        on links.tenant_id = named.tenant_id and links.issue_id = named.issue_id
    left join pulls on named.tenant_id = pulls.tenant_id and named.pull_request_id = pulls.pull_request_id
    left join deployed
        on named.tenant_id = deployed.tenant_id and named.pull_request_id = deployed.pull_request_id
),

-- The ticket is answered when all is out that was made for it after it came: the last of these deployments ends the wait.
answers as (
    select
        tenant_id,
        ticket_id,
        max(deployed_at) as answered_at
    from chains
    where not coalesce(is_abandoned, false) and not coalesce(deployed_at < ticket_created_at, false)
    group by tenant_id, ticket_id
    having bool_and(deployed_at is not null or pull_request_id is null)
),

numbered as (
    select
        chains.*,
        coalesce(
            chains.deployed_at = answers.answered_at
            and row_number() over (
                partition by tenant_id, ticket_id, chains.deployed_at order by chains.ticket_delivery_id
            ) = 1,
            false
        ) as is_answer
    from chains
    left join answers using (tenant_id, ticket_id)
)

select
    tenant_id,
    ticket_delivery_id,
    ticket_id,
    source,
    ticket_key,
    title,
    customer,
    severity,
    ticket_status,
    ticket_created_at,
    ticket_resolved_at,
    issue_id,
    issue_source,
    issue_key,
    issue_status,
    issue_method,
    issue_created_at,
    issue_resolved_at,
    pull_request_id,
    pull_request_key,
    pull_request_method,
    pull_request_opened_at,
    merged_at,
    is_abandoned,
    deployment_id,
    service,
    deployment_method,
    deployed_at,
    is_answer,
    {{ seconds_after('issue_created_at', 'ticket_created_at') }} as to_issue_seconds,
    {{ seconds_after('merged_at', 'ticket_created_at') }} as to_merge_seconds,
    {{ seconds_after('deployed_at', 'ticket_created_at') }} as to_deploy_seconds,
    case when is_answer then {{ seconds_after('deployed_at', 'ticket_created_at') }} end as waited_seconds,
    url
from numbered

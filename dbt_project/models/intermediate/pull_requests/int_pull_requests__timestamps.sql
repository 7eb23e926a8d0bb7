-- One row per pull request with its eight timestamps. Bots and the author review nothing.
with

pulls as (
    select * from {{ ref('stg_github__pull_requests') }}
),

commits as (
    select
        tenant_id,
        connection_id,
        repository,
        pull_request_number as number,
        min(authored_at) as first_commit_at
    from {{ ref('stg_github__pull_request_commits') }}
    group by tenant_id, connection_id, repository, pull_request_number
),

readied as (
    select
        tenant_id,
        connection_id,
        repository,
        issue_number as number,
        max(created_at) as ready_at
    from {{ ref('stg_github__issue_events') }}
    where event = 'ready_for_review'
    group by tenant_id, connection_id, repository, issue_number
),

reviews as (
    select
        tenant_id,
        pull_request_id,
        min(submitted_at) as first_review_at,
        min(submitted_at) filter (where state_name = 'APPROVED') as first_approval_at,
        count(*) filter (where state_name = 'CHANGES_REQUESTED')
        + (count(*) filter (where state_name = 'APPROVED') > 0)::int as review_rounds,
        count(distinct reviewer) as reviewer_count
    from {{ ref('int_pull_requests__reviews') }}
    group by tenant_id, pull_request_id
),

deployed as (
    select distinct on (tenant_id, pull_request_id)
        tenant_id,
        pull_request_id,
        deploy_started_at,
        deployed_at
    from {{ ref('int_changes__pull_requests') }}
    where environment_class = 'production' and not is_baseline
    order by tenant_id, pull_request_id, deployed_at, deployment_id
)

select
    pulls.*,
    commits.first_commit_at,
    pulls.created_at as opened_at,
    coalesce(readied.ready_at, case when not coalesce(pulls.is_draft, false) then pulls.created_at end) as ready_at,
    reviews.first_review_at,
    reviews.first_approval_at,
    coalesce(reviews.review_rounds, 0) as review_rounds,
    coalesce(reviews.reviewer_count, 0) as reviewer_count,
    deployed.deploy_started_at,
    deployed.deployed_at
from pulls
left join commits using (tenant_id, connection_id, repository, number)
left join readied using (tenant_id, connection_id, repository, number)
left join reviews using (tenant_id, pull_request_id)
left join deployed using (tenant_id, pull_request_id)

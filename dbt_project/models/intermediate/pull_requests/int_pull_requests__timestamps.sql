-- One row per pull request with the timestamps that its own rows tell. Bots and the author review nothing.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'pull_request_id'],
    touched='touched_own_rows',
    scope=['tenant_id', 'pull_request_id'],
    indexes=[
        {'columns': ['tenant_id', 'pull_request_id'], 'unique': True},
        {'columns': ['tenant_id', 'repository', 'merged_at']},
        {'columns': ['tenant_id', 'repository', 'head_sha']},
    ],
) }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
{% set key = ['tenant_id', 'connection_id', 'repository', 'number'] -%}
{% set news = 'select ' ~ key | join(', ') ~ ' from ' ~ ref('int_pull_requests__news') -%}
with

pulls as (
    select * from {{ looked_up(ref('stg_github__pull_requests'), news, key) }} as pulls
),

commits as (
    select
        tenant_id,
        connection_id,
        repository,
        pull_request_number as number,
        min(authored_at) as first_commit_at
    from {{ ref('stg_github__pull_request_commits') }}
    where {{ of_pull_requests_with_news('pull_request_number', is_key=true) }}
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
    where event = 'ready_for_review' and {{ of_pull_requests_with_news('issue_number') }}
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
    from {{ looked_up(ref('int_pull_requests__reviews'), news, key) }} as reviews
    group by tenant_id, pull_request_id
)

select
    pulls.*,
    commits.first_commit_at,
    pulls.created_at as opened_at,
    coalesce(readied.ready_at, case when not coalesce(pulls.is_draft, false) then pulls.created_at end) as ready_at,
    reviews.first_review_at,
    reviews.first_approval_at,
    coalesce(reviews.review_rounds, 0) as review_rounds,
    coalesce(reviews.reviewer_count, 0) as reviewer_count
from pulls
left join commits using (tenant_id, connection_id, repository, number)
left join readied using (tenant_id, connection_id, repository, number)
left join reviews using (tenant_id, pull_request_id)

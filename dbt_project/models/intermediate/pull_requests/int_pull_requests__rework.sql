-- One row per pull request whose own commits are known: how many there are, and what came after the first review.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'pull_request_id'],
    touched='touched_own_rows',
    scope=['tenant_id', 'pull_request_id'],
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
with

-- By themselves where they are few: otherwise each commit would look for its pull request.
pulls as {{ 'materialized ' if is_incremental() }}(
    select * from {{ ref('int_pull_requests__timestamps') }}
    where {{ of_pull_requests_with_news() }}
),

-- By author date, which a rebase keeps; merging the base branch in is no work on the pull request.
own as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        pulls.first_review_at,
        commits.repository,
        commits.sha,
        commits.authored_at > pulls.first_review_at as is_rework
    from pulls
    inner join {{ ref('stg_github__pull_request_commits') }} as commits
        on
            pulls.tenant_id = commits.tenant_id
            and pulls.connection_id = commits.connection_id
            and pulls.repository = commits.repository
            and pulls.number = commits.pull_request_number
    where cardinality(commits.parents) < 2
),

-- Once, and not for each commit, as the planner would for the few that it expects.
sizes as materialized (
    select
        tenant_id,
        repository,
        sha,
        (added_lines + deleted_lines)::double precision as changed_lines
    from {{ ref('int_commits__sizes') }}
    {%- if is_incremental() %}
    where sha = any(array(select own.sha from own))
    {%- endif %}
)

select
    own.tenant_id,
    own.pull_request_id,
    count(*) as commit_count,
    case when own.first_review_at is not null then count(*) filter (where own.is_rework) end as rework_commit_count,
    -- A share of what is known only in part would mean nothing.
    case
        when own.first_review_at is not null and count(sizes.changed_lines) = count(*)
            then coalesce(sum(sizes.changed_lines) filter (where own.is_rework), 0) / nullif(sum(sizes.changed_lines), 0)
    end as rework_share
from own
left join sizes using (tenant_id, repository, sha)
group by own.tenant_id, own.pull_request_id, own.first_review_at

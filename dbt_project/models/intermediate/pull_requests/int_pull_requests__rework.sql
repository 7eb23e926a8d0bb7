-- One row per pull request whose own commits are known: how many there are, and what came after the first review.
with

reviewed as (
    select
        tenant_id,
        pull_request_id,
        min(submitted_at) as first_review_at
    from {{ ref('int_pull_requests__reviews') }}
    group by tenant_id, pull_request_id
),

-- By author date, which a rebase keeps; merging the base branch in is no work on the pull request.
commits as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        reviewed.first_review_at,
        commits.authored_at > reviewed.first_review_at as is_rework,
        (sizes.added_lines + sizes.deleted_lines)::double precision as changed_lines
    from {{ ref('stg_github__pull_requests') }} as pulls
    inner join {{ ref('stg_github__pull_request_commits') }} as commits
        on
            pulls.tenant_id = commits.tenant_id
            and pulls.connection_id = commits.connection_id
            and pulls.repository = commits.repository
            and pulls.number = commits.pull_request_number
    left join reviewed
        on pulls.tenant_id = reviewed.tenant_id and pulls.pull_request_id = reviewed.pull_request_id
    left join {{ ref('int_commits__sizes') }} as sizes
        on
            commits.tenant_id = sizes.tenant_id
            and commits.repository = sizes.repository
            and commits.sha = sizes.sha
    where cardinality(commits.parents) < 2
)

select
    tenant_id,
    pull_request_id,
    count(*) as commit_count,
    case when first_review_at is not null then count(*) filter (where is_rework) end as rework_commit_count,
    -- A share of what is known only in part would mean nothing.
    case
        when first_review_at is not null and count(changed_lines) = count(*)
            then coalesce(sum(changed_lines) filter (where is_rework), 0) / nullif(sum(changed_lines), 0)
    end as rework_share
from commits
group by tenant_id, pull_request_id, first_review_at

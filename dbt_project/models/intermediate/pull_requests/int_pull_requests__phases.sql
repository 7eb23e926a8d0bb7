-- One row per pull request: its timestamps, whose calendar it follows, and the instants at which a phase ends.
select
    pulls.*,
    coalesce(pulls.first_commit_at > pulls.opened_at, false) as is_first_commit_after_opening,
    case when pulls.first_commit_at <= least(pulls.opened_at, pulls.ready_at) then pulls.first_commit_at end as coding_from,
    -- A review before it was ready began with it; one that never came ended with the merge. So the parts sum.
    case
        when pulls.ready_at <= pulls.merged_at
            then least(greatest(coalesce(pulls.first_review_at, pulls.merged_at), pulls.ready_at), pulls.merged_at)
    end as reviewed_at,
    case
        when pulls.ready_at <= pulls.merged_at
            then least(
                greatest(
                    coalesce(pulls.first_approval_at, pulls.merged_at),
                    coalesce(pulls.first_review_at, pulls.ready_at),
                    pulls.ready_at
                ),
                pulls.merged_at
            )
    end as approved_at,
    -- A deployment that was under way before the merge began with it, and one that ended before it began ran no time.
    case
        when deployed.deploy_started_at is not null
            then least(greatest(deployed.deploy_started_at, pulls.merged_at), deployed.deployed_at)
    end as shipping_at,
    deployed.deploy_started_at,
    deployed.deployed_at,
    teams.team
from {{ ref('int_pull_requests__timestamps') }} as pulls
left join {{ ref('int_pull_requests__teams') }} as teams using (tenant_id, pull_request_id)
-- The limit has each pull request look up its deployments.
left join lateral (
    select
        changes.deploy_started_at,
        changes.deployed_at
    from {{ ref('int_changes__pull_requests') }} as changes
    where
        changes.tenant_id = pulls.tenant_id
        and changes.pull_request_id = pulls.pull_request_id
        and changes.environment_class = 'production'
        and not changes.is_baseline
    order by changes.deployed_at, changes.deployment_id
    limit 1
) as deployed on true

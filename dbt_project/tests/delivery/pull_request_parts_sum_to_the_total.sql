-- Where all six parts are measured they sum to the total, to the microsecond.
select
    tenant_id,
    pull_request_id
from {{ ref('pull_requests') }}
where
    abs(
        coding_seconds + pickup_seconds + review_seconds + merge_wait_seconds + deploy_wait_seconds + deploy_run_seconds
        - total_seconds
    ) > 0.001

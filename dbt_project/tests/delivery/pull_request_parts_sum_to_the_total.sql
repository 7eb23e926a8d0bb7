-- Where all six parts are measured they sum to the total, to the microsecond; those in work hours do, and are no longer.
select
    tenant_id,
    pull_request_id
from {{ ref('pull_requests') }}
where
    abs(
        coding_seconds + pickup_seconds + review_seconds + merge_wait_seconds + deploy_wait_seconds + deploy_run_seconds
        - total_seconds
    ) > 0.001
    or abs(
        coding_business_seconds + pickup_business_seconds + review_business_seconds + merge_wait_business_seconds
        + deploy_wait_business_seconds + deploy_run_business_seconds - total_business_seconds
    ) > 0.001
    or total_business_seconds > total_seconds + 0.001

-- One row per tenant: the day before anything happened that is measured in work time, not before GitHub's first year.
with

instants as (
    select
        tenant_id,
        min(created_at) as first_at
    from {{ ref('stg_github__pull_requests') }}
    group by tenant_id
    union all
    select
        tenant_id,
        min(authored_at) as first_at
    from {{ ref('stg_github__pull_request_commits') }}
    where authored_at >= '2008-01-02Z'
    group by tenant_id
)

select
    tenant_id,
    (min(first_at) at time zone 'UTC')::date - 1 as first_day
from instants
group by tenant_id

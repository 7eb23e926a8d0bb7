-- One row per scope and pull request that a window may show: most were deployed before, and no time zone is a day away.
select pulls.*
from (
    select
        tenant_id,
        (min(first_day) - 1)::timestamp at time zone 'UTC' as first_at
    from {{ ref('int_definitions__windows') }}
    where {{ of_touched_tenants(is_needed=true) }}
    group by tenant_id
) as shown
inner join {{ ref('int_definitions__pull_requests') }} as pulls
    on shown.tenant_id = pulls.tenant_id and shown.first_at <= pulls.deployed_at

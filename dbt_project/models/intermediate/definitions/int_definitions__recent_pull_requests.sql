-- One row per scope and pull request that a window may show: most were deployed before. Of tenants with news alone.
select pulls.*
from {{ ref('int_definitions__shown_from') }} as shown
inner join {{ ref('int_definitions__pull_requests') }} as pulls
    on shown.tenant_id = pulls.tenant_id and shown.first_at <= pulls.deployed_at

-- One row per tenant and source: the tenant's own day of the newest data, on which open issues are scored.
select
    groups.tenant_id,
    groups.source,
    groups.time_zone,
    max(groups.last_day) as scored_on
from {{ ref('int_issues__groups') }} as groups
group by groups.tenant_id, groups.source, groups.time_zone

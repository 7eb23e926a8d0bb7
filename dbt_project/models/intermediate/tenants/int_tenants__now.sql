-- One row per tenant: its time zone, the newest instant of any source, and the day it falls on there.
select
    tenants.tenant_id,
    tenants.time_zone,
    max(newest.as_of) as as_of,
    {{ local_day('max(newest.as_of)', 'tenants.time_zone') }} as today
from {{ source('app', 'tenant') }} as tenants
left join {{ ref('int_tenants__as_of') }} as newest using (tenant_id)
group by tenants.tenant_id, tenants.time_zone

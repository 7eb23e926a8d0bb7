-- Only the first deployment of a service and environment delivers a change.
select
    tenant_id,
    service,
    environment,
    change_kind,
    change_id
from {{ ref('change_deployments') }}
group by tenant_id, service, environment, change_kind, change_id
having count(*) > 1

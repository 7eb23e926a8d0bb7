-- A failed pipeline delivered nothing, so it is no change failure.
select
    tenant_id,
    deployment_id
from {{ ref('deployments') }}
where is_change_failure and (status <> 'success' or environment_class <> 'production')

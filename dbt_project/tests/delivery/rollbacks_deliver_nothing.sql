-- A rollback brings back what had been there: no change is new with it, and it is no change failure itself.
select
    tenant_id,
    deployment_id
from {{ ref('deployments') }}
where is_rollback and (is_change_failure or change_count > 0)

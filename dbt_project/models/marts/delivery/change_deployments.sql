-- One row per change, service and environment: the deployment that first delivered it.
{{ config(unique_key=['tenant_id', 'service', 'environment', 'change_kind', 'change_id', 'deployment_id']) }}

select
    tenant_id,
    service,
    environment,
    change_kind,
    change_id,
    deployment_id,
    environment_class,
    repository,
    number,
    title,
    sha,
    authored_at,
    merged_at,
    deployed_at,
    lead_time_seconds,
    attribution_method,
    is_baseline,
    is_bot
from {{ ref('int_changes__unioned') }}
where {{ of_touched_tenants() }}

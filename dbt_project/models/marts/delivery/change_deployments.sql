-- One row per change, service and environment: the deployment that first delivered it.
{{ config(
    unique_key=['tenant_id', 'service', 'environment', 'change_kind', 'change_id', 'deployment_id'],
    touched='touched_changes',
    scope=['tenant_id', 'change_kind', 'change_id'],
) }}
-- depends_on: {{ ref('int_changes__commits') }}
-- depends_on: {{ ref('int_changes__pull_requests') }}
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
from {{ looked_up(ref('int_changes__unioned'), touched_changes(this), ['tenant_id', 'change_kind', 'change_id']) }} as changes

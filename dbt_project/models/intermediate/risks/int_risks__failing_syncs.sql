-- One row per connection and resource whose newest load failed.
select
    tenant_id,
    connection_id || ' ' || resource as subject,
    concat_ws(' ', source, connection, nullif(resource, '')) as name,
    last_error_class as reason,
    coalesce(last_success_at, last_error_at) as since
from {{ ref('sync_health') }}
where last_status = 'failed'

-- One row per tenant and source: the newest instant up to which the source was read.
select
    tenant_id,
    source,
    max(as_of) as as_of
from {{ source('app', 'sync_run') }}
where status = 'succeeded'
group by tenant_id, source

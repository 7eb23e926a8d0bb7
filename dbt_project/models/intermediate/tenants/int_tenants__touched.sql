-- One row per tenant to which anything new came since the last build that succeeded: rows, a rule, or a new local day.
{{ config(materialized='incremental', incremental_strategy='replaced') }}

select
    tenant_id,
    time_zone,
    today
from {{ ref('int_tenants__seen') }}
where {{ since_last_success('build_id') }}

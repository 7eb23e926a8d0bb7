-- One row per tenant: the time zone by which its days were worked out. Kept, that a new one is noticed.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='all_tenants',
    keeps_changes=true,
    unique_key=['tenant_id'],
    indexes=[{'columns': ['tenant_id'], 'unique': True}],
) }}
select
    tenant_id,
    time_zone
from {{ source('app', 'tenant') }}

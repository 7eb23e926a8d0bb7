-- One row per tenant for whom anything was loaded since the last build.
{{ config(materialized='table') }}

select distinct tenant_id
from {{ source('app', 'load_package') }}
where build_id = {{ var('build_id') }}

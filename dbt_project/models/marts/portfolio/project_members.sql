-- One row per service, repository and tracker's project, with the project that it belongs to.
{{ config(unique_key=['tenant_id', 'part', 'part_name']) }}
select
    tenant_id,
    part,
    name as part_name,
    project,
    portfolio
from {{ ref('int_portfolio__parts') }}
where {{ of_touched_tenants() }}

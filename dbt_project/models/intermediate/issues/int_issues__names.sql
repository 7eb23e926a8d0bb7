-- One row per name of the tenant's own lists that its issues' texts are searched for: components, services, customers.
with

listed as (
    select tenant_id, 'component' as kind, component as name
    from {{ ref('int_issues__unioned') }}
    where source in ('github', 'jira')
    union
    select tenant_id, 'service' as kind, service as name
    from {{ ref('int_deployments__ordered') }}
    union
    select tenant_id, 'customer' as kind, name
    from {{ ref('stg_hubspot__companies') }}
    union
    select tenant_id, 'customer' as kind, name
    from {{ ref('stg_zendesk__organizations') }}
)

select distinct tenant_id, kind, trim(name) as name
from listed
where length(trim(name)) between 3 and 100

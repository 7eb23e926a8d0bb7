-- One row per service that comes from one repository alone, in production.
select
    tenant_id,
    service,
    min(repository) as repository
from {{ ref('int_deployments__ordered') }}
where environment_class = 'production'
group by tenant_id, service
having count(distinct repository) = 1

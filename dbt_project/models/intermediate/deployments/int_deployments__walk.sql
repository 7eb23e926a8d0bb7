-- One row per successful deployment, for the walk of the commit graph (which commit went out first with which).
select
    tenant_id,
    repository,
    service,
    environment,
    environment_class,
    deployment_id,
    walked_sha as sha,
    finished_at
from {{ ref('int_deployments__ordered') }}
where status = 'success' and finished_at is not null

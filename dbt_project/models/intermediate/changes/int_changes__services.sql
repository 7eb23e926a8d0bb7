-- One row per pull request of a monorepo and service that it touches, by the tenant's path rules.
-- Pull requests of repositories without path rules concern every service that is deployed from there.
select distinct
    pulls.tenant_id,
    pulls.pull_request_id,
    paths.service
from {{ ref('int_pull_requests__merged') }} as pulls
inner join {{ source('app', 'service_path') }} as paths
    on pulls.tenant_id = paths.tenant_id and pulls.repository like {{ glob_to_like('paths.repository') }}
inner join {{ ref('stg_github__pull_request_files') }} as files
    on
        pulls.tenant_id = files.tenant_id
        and pulls.connection_id = files.connection_id
        and pulls.repository = files.repository
        and pulls.number = files.pull_request_number
where files.filename like {{ glob_to_like("replace(paths.path, '**', '*')") }}

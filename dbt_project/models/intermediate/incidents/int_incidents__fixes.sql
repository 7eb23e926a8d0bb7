-- One row per incident and pull request that says it mends it, in any way of int_pull_requests__mentions.
select distinct
    incidents.tenant_id,
    incidents.issue_id as incident_id,
    mentions.pull_request_id
from {{ ref('int_issues__unioned') }} as incidents
inner join {{ ref('int_pull_requests__mentions') }} as mentions
    on
        incidents.tenant_id = mentions.tenant_id
        and incidents.source = mentions.source
        and lower(incidents.key) = mentions.key
where incidents.is_incident and {{ of_touched_tenants('incidents.tenant_id', is_needed=true) }}

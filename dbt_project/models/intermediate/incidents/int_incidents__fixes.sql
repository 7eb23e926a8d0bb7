-- One row per incident and merged pull request that says it mends it: a Jira key in its title, branch or text, or a
-- GitHub issue after `fixes`, `closes` or `resolves`.
{% set fixes = '\y(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+([\w.-]+/[\w.-]+)?#(\d{1,9})\y' -%}
with

incidents as (
    select
        tenant_id,
        issue_id as incident_id,
        source,
        lower(key) as key
    from {{ ref('int_issues__unioned') }}
    where is_incident and source in ('github', 'jira') and {{ of_touched_tenants(is_needed=true) }}
),

pulls as (
    select
        tenant_id,
        pull_request_id,
        repository,
        concat_ws(' ', title, head_ref, body_text) as text
    from {{ ref('int_pull_requests__merged') }}
    where {{ of_touched_tenants(is_needed=true) }}
),

mentions as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        'jira' as source,
        lower(found.match[1]) as key
    from pulls
    cross join lateral regexp_matches(pulls.text, '\y([A-Z][A-Z0-9_]+-\d{1,9})\y', 'g') as found (match)
    union
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        'github' as source,
        lower(coalesce(found.match[1], pulls.repository) || '#' || found.match[2]) as key
    from pulls
    cross join lateral regexp_matches(pulls.text, '{{ fixes }}', 'gi') as found (match)
)

select
    incidents.tenant_id,
    incidents.incident_id,
    mentions.pull_request_id
from incidents
inner join mentions using (tenant_id, source, key)

-- One row per incident and merged pull request that says it mends it: by the issue's key, or `Fixes #12` in its repository.
with

incidents as (
    select
        tenant_id,
        issue_id as incident_id,
        source,
        key,
        project,
        substring(key from '#(\d+)$') as number
    from {{ ref('int_issues__unioned') }}
    where is_incident and source in ('github', 'jira') and {{ of_touched_tenants() }}
),

mentions as (
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        pulls.repository,
        'jira' as source,
        found.match[1] as key
    from {{ ref('stg_github__pull_requests') }} as pulls
    cross join lateral regexp_matches(
        concat_ws(' ', pulls.title, pulls.head_ref, pulls.body_text), '\y([A-Z][A-Z0-9_]+-\d+)\y', 'g'
    ) as found (match)
    where pulls.merged_at is not null and {{ of_touched_tenants('pulls.tenant_id') }}
    union
    select
        pulls.tenant_id,
        pulls.pull_request_id,
        pulls.repository,
        'github' as source,
        found.match[1] as key
    from {{ ref('stg_github__pull_requests') }} as pulls
    cross join lateral regexp_matches(
        concat_ws(' ', pulls.title, pulls.body_text),
        '\y(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):? #(\d+)\y', 'gi'
    ) as found (match)
    where pulls.merged_at is not null and {{ of_touched_tenants('pulls.tenant_id') }}
)

select distinct
    incidents.tenant_id,
    incidents.incident_id,
    mentions.pull_request_id
from incidents
inner join mentions
    on
        incidents.tenant_id = mentions.tenant_id
        and incidents.source = mentions.source
        and (
            (incidents.source = 'jira' and incidents.key = mentions.key)
            or (
                incidents.source = 'github'
                and incidents.number = mentions.key
                and incidents.project = mentions.repository
            )
        )

-- One row per incident and thing that its text or a link of it names: a deployment, a commit or a pull request.
-- A table: several models read it, each of which would look through the texts again.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'incident_id', 'kind', 'reference'],
    indexes=[{'columns': ['tenant_id', 'incident_id', 'kind', 'reference'], 'unique': True}],
) }}
with

texts as (
    select
        tenant_id,
        issue_id,
        source,
        project,
        concat_ws(' ', title, body_text) as text
    from {{ ref('int_issues__unioned') }}
    where is_incident and {{ of_touched_tenants() }}
    union all
    select
        links.tenant_id,
        links.issue_id,
        issues.source,
        issues.project,
        links.url as text
    from {{ ref('stg_jira__remotelinks') }} as links
    inner join {{ ref('int_issues__unioned') }} as issues using (tenant_id, issue_id)
    where issues.is_incident and {{ of_touched_tenants('issues.tenant_id') }}
)

select distinct
    texts.tenant_id,
    texts.issue_id as incident_id,
    'deployment' as kind,
    found.match[1] as reference
from texts
cross join lateral regexp_matches(texts.text, 'deployments?[/ #]+(\d{1,18})', 'gi') as found (match)
union
select
    texts.tenant_id,
    texts.issue_id as incident_id,
    'commit' as kind,
    lower(found.match[1]) as reference
from texts
cross join lateral regexp_matches(texts.text, '\y([0-9a-fA-F]{7,40})\y', 'g') as found (match)
-- A shortened one is told from a number or a word.
where length(found.match[1]) = 40 or (found.match[1] ~ '\d' and found.match[1] ~* '[a-f]')
union
select
    texts.tenant_id,
    texts.issue_id as incident_id,
    'pull_request' as kind,
    lower(found.match[1] || '#' || found.match[2]) as reference
from texts
cross join lateral regexp_matches(texts.text, '([\w.-]+/[\w.-]+)(?:/pulls?/|#)(\d{1,9})\y', 'gi') as found (match)
union
-- At GitHub a number alone is of the issue's own repository.
select
    texts.tenant_id,
    texts.issue_id as incident_id,
    'pull_request' as kind,
    lower(texts.project || '#' || found.match[1]) as reference
from texts
cross join lateral regexp_matches(texts.text, '(?:^|[\s(\[,;:])#(\d{1,9})\y', 'g') as found (match)
where texts.source = 'github'

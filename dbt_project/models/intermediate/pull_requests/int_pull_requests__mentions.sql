-- One row per pull request, issue that its own words name, and way in which they do: Jira's key in its title, branch or text,
-- or the number at GitHub after `fixes`, `closes` or `resolves`. Whether there is such an issue is not asked here.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_own_rows',
    scope=['tenant_id', 'pull_request_id'],
    keeps_changes=true,
    unique_key=['tenant_id', 'pull_request_id', 'source', 'key', 'method'],
    indexes=[
        {'columns': ['tenant_id', 'pull_request_id', 'source', 'key', 'method'], 'unique': True},
        {'columns': ['tenant_id', 'source', 'key']},
    ],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_pull_requests__news') }}
{% set jira_key = '\y([A-Za-z][A-Za-z0-9_]+-\d{1,9})\y' -%}
{% set closes = '\y(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+([\w.-]+/[\w.-]+)?#(\d{1,9})\y' -%}
with

pulls as (
    select
        tenant_id,
        pull_request_id,
        repository,
        title,
        head_ref,
        body_text
    from {{ ref('stg_github__pull_requests') }}
    where {{ of_pull_requests_with_news('number') }}
)

{% for method, column in {'key_in_title': 'title', 'branch_name': 'head_ref', 'key_in_text': 'body_text'}.items() -%}
select
    pulls.tenant_id,
    pulls.pull_request_id,
    'jira' as source,
    lower(found.match[1]) as key,
    '{{ method }}' as method
from pulls
cross join lateral regexp_matches(pulls.{{ column }}, '{{ jira_key }}', 'g') as found (match)
union
{% endfor -%}
select
    pulls.tenant_id,
    pulls.pull_request_id,
    'github' as source,
    lower(coalesce(found.match[1], pulls.repository) || '#' || found.match[2]) as key,
    'closing_keyword' as method
from pulls
cross join lateral regexp_matches(concat_ws(' ', pulls.title, pulls.body_text), '{{ closes }}', 'gi') as found (match)

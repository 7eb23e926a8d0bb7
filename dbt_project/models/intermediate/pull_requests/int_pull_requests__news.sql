-- One row per pull request whose own rows are read anew: a load since the last build that succeeded brought one of them, changed
-- or gone; and each of a tenant of whom all is worked out anew.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
{% set parts = {
    'pull_request_commits': 'pull_request_number', 'pull_request_files': 'pull_request_number',
    'reviews': 'pull_request_number', 'issue_events': 'issue_number',
} -%}
{% set whole = ref('int_issues__whole_sources') -%}
{% set pull_requests = source('github', 'pull_requests') -%}
with
{% if execute and not is_incremental() %}
news as (
    select * from {{ pull_requests }}
)
{%- else %}
packages as (
    select * from {{ source('app', 'load_package') }}
    where {{ since_last_success('build_id') }}
),

-- Kept: each pull request would be looked for among them.
merging as materialized (
    select
        loaded.tenant_id,
        loaded.connection_id,
        loaded.repository,
        loaded.sha
    from {{ source('github', 'commits') }} as loaded
    where {{ of_packages('loaded._dlt_load_id', 'github') }}
),

-- A pull request's own rows, as they name it. Commits of a clone tell how much of it came after a review.
told as (
    {% for table, number in parts.items() -%}
    select
        loaded.tenant_id,
        loaded.connection_id,
        loaded.repository,
        loaded.{{ number }} as number
    from {{ source('github', table) }} as loaded
    where {{ of_packages('loaded._dlt_load_id', 'github') }}
    union
    {% endfor -%}
    {% for table in ['commits', 'file_changes'] -%}
    select
        own.tenant_id,
        own.connection_id,
        own.repository,
        own.pull_request_number as number
    from {{ source('git', table) }} as loaded
    inner join {{ source('github', 'pull_request_commits') }} as own
        on loaded.tenant_id = own.tenant_id and loaded.repository = own.repository and loaded.sha = own.sha
    where {{ of_packages('loaded._dlt_load_id', 'git') }}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

news as (
    select
        own.tenant_id,
        own.connection_id,
        own.repository,
        own.number,
        own.id
    from {{ pull_requests }} as own
    where
        {{ of_packages('own._dlt_load_id', 'github') }}
        or own.tenant_id = any(array(select whole.tenant_id from {{ whole }} as whole where whole.source in ('github', 'git')))
    union all
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number,
        pulls.id
    from told
    cross join lateral {{ with_values(pull_requests, {
        'tenant_id': 'told.tenant_id', 'connection_id': 'told.connection_id', 'repository': 'told.repository', 'number': 'told.number',
    }) }} as pulls
    union all
    -- The merge commit tells how it was merged.
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number,
        pulls.id
    from merging
    inner join {{ pull_requests }} as pulls
        on
            merging.tenant_id = pulls.tenant_id
            and merging.connection_id = pulls.connection_id
            and merging.repository = pulls.repository
            and merging.sha = pulls.merge_commit_sha
    where {{ of_tenants('select distinct named.tenant_id from merging as named', 'pulls.tenant_id') }}
)
{%- endif %}

select distinct
    tenant_id,
    {{ surrogate_id(['tenant_id', "'github'", 'connection_id', 'id']) }} as pull_request_id,
    connection_id,
    repository,
    number
from news

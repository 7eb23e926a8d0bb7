-- One row per pull request whose own rows are read anew: a load since the last build that succeeded brought one of them, changed
-- or gone; and each of a tenant whose decisions are others, or who had something removed or renamed.
{{ config(
    materialized='incremental',
    incremental_strategy='replaced',
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
{% set built = adapter.get_relation(this.database, this.schema, 'int_pull_requests__timestamps') -%}
{% set is_whole = execute and (not built or flags.FULL_REFRESH) -%}
{% set parts = {
    'pull_request_commits': 'pull_request_number', 'reviews': 'pull_request_number', 'issue_events': 'issue_number',
} -%}
{% set key = 'tenant_id, connection_id, repository, number' -%}
with

pulls as (
    select * from {{ source('github', 'pull_requests') }}
),

{% if is_whole -%}
news as (
    select distinct {{ key }} from pulls
)
{%- else -%}
packages as (
    select * from {{ source('app', 'load_package') }}
    where {{ since_last_success('build_id') }}
),

-- The merge commit tells how a pull request was merged, the files of its commits in a clone how much came after a review.
commits as (
    select
        loaded.tenant_id,
        loaded.repository,
        loaded.sha
    from packages
    inner join {{ source('git', 'file_changes') }} as loaded on packages.load_id = loaded._dlt_load_id
    where packages.source = 'git'
    union
    select
        loaded.tenant_id,
        loaded.repository,
        loaded.sha
    from packages
    inner join {{ source('git', 'commits') }} as loaded on packages.load_id = loaded._dlt_load_id
    where packages.source = 'git'
),

news as (
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number
    from packages
    inner join pulls on packages.load_id = pulls._dlt_load_id
    where packages.source = 'github'
    union
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number
    from packages
    inner join pulls on packages.tenant_id::text = pulls.tenant_id
    where packages.source = 'app' or packages.load_id like 'removal-%' or packages.load_id like 'rename-%'
    {% for table, number in parts.items() -%}
    union
    select
        loaded.tenant_id,
        loaded.connection_id,
        loaded.repository,
        loaded.{{ number }} as number
    from packages
    inner join {{ source('github', table) }} as loaded on packages.load_id = loaded._dlt_load_id
    where packages.source = 'github'
    {% endfor -%}
    union
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number
    from packages
    inner join {{ source('github', 'commits') }} as loaded on packages.load_id = loaded._dlt_load_id
    inner join pulls
        on
            loaded.tenant_id = pulls.tenant_id
            and loaded.connection_id = pulls.connection_id
            and loaded.repository = pulls.repository
            and loaded.sha = pulls.merge_commit_sha
    where packages.source = 'github'
    union
    select
        own.tenant_id,
        own.connection_id,
        own.repository,
        own.pull_request_number as number
    from commits
    inner join {{ source('github', 'pull_request_commits') }} as own using (tenant_id, repository, sha)
)
{%- endif %}

select
    pulls.tenant_id::uuid as tenant_id,
    {{ surrogate_id(['pulls.tenant_id', "'github'", 'pulls.connection_id', 'pulls.id']) }} as pull_request_id,
    pulls.connection_id::uuid as connection_id,
    pulls.repository,
    pulls.number
from pulls
inner join news using ({{ key }})

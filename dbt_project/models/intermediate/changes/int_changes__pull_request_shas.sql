-- One row per merged pull request and commit that stands for it, with what the commit is to it.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_shas',
    scope=['tenant_id', 'pull_request_id'],
    keeps_changes=true,
    unique_key=['tenant_id', 'repository', 'pull_request_id', 'sha', 'rank'],
    indexes=[{'columns': ['tenant_id', 'repository', 'pull_request_id', 'sha', 'rank'], 'unique': True}, {'columns': ['tenant_id', 'repository', 'sha']}],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_pull_requests__timestamps') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

pulls as (
    select * from {{ ref('int_pull_requests__merged') }}
    {% if is_incremental() -%}
    where (tenant_id, pull_request_id) in ({{ touched_shas(this) }})
    {%- endif %}
),

-- These two are read twice, which costs less than keeping each commit of a pull request on disk.
written as not materialized (
    select
        pulls.tenant_id,
        pulls.repository,
        pulls.pull_request_id,
        commits.sha,
        commits.author_email,
        commits.authored_at,
        split_part(commits.message, e'\n', 1) as subject
    from pulls
    inner join {{ ref('stg_github__pull_request_commits') }} as commits
        on
            pulls.tenant_id = commits.tenant_id
            and pulls.connection_id = commits.connection_id
            and pulls.repository = commits.repository
            and pulls.number = commits.pull_request_number
    where {{ of_touched_tenants('commits.tenant_id') }}
),

own as not materialized (
    select
        tenant_id,
        repository,
        pull_request_id,
        merge_commit_sha as sha,
        'merge_commit' as attribution_method,
        1 as rank
    from pulls
    where merge_commit_sha is not null
    union all
    select
        tenant_id,
        repository,
        pull_request_id,
        sha,
        'pull_request_commit' as attribution_method,
        2 as rank
    from written
    union
    -- A rebase lands copies, each with its author, their time and the subject.
    select
        written.tenant_id,
        written.repository,
        written.pull_request_id,
        landed.sha,
        'pull_request_commit' as attribution_method,
        2 as rank
    from written
    inner join {{ ref('int_pull_requests__merge_methods') }} as methods
        on
            written.tenant_id = methods.tenant_id
            and written.pull_request_id = methods.pull_request_id
            and methods.merge_method = 'rebase'
    inner join {{ ref('stg_github__commits') }} as landed
        on
            written.tenant_id = landed.tenant_id
            and written.repository = landed.repository
            and written.authored_at = landed.authored_at
            and written.author_email is not distinct from landed.author_email
            and written.subject = split_part(landed.message, e'\n', 1)
    where {{ of_touched_tenants('landed.tenant_id') }}
)

select * from own

union all
select
    own.tenant_id,
    own.repository,
    own.pull_request_id,
    picked.sha,
    'cherry_pick' as attribution_method,
    4 as rank
from own
inner join {{ ref('int_changes__picked') }} as picked
    on own.tenant_id = picked.tenant_id and own.repository = picked.repository and own.sha = picked.picked_from_sha
where {{ of_touched_tenants('picked.tenant_id') }}

-- One row per commit whose author, their time and the subject another commit of the repository has too, up to twenty of them.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_authored_at',
    scope=['tenant_id', 'repository', 'authored_at'],
    keeps_changes=true,
    unique_key=['tenant_id', 'repository', 'sha'],
    indexes=[{'columns': ['tenant_id', 'repository', 'sha'], 'unique': True}, {'columns': ['tenant_id', 'repository', 'authored_at']}],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
with

{% if is_incremental() -%}
touched as materialized (
    {{ touched_authored_at(this) | indent(4) }}
),

{% endif -%}
-- In an incremental run so few that they are kept; else they are read twice, which costs less than to keep them.
written as {{ 'materialized' if is_incremental() else 'not materialized' }} (
    {%- for commits in ['int_commits__unioned', 'stg_github__pull_request_commits'] %}
    select tenant_id, repository, sha, author_email, authored_at, committed_at, message
    from {{ ref(commits) }}
    {%- if is_incremental() %}
    where
        {{ of_tenants('select distinct touched.tenant_id from touched') }}
        and (tenant_id, repository, authored_at) in (
            select touched.tenant_id, touched.repository, touched.authored_at from touched
        )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- First by time alone, which few commits share: what they say is long.
simultaneous as materialized (
    select
        tenant_id,
        repository,
        authored_at
    from written
    group by tenant_id, repository, authored_at
    having min(sha) <> max(sha)
),

alike as (
    select distinct on (tenant_id, repository, sha)
        tenant_id,
        repository,
        sha,
        authored_at,
        md5(concat_ws(e'\n', author_email, split_part(message, e'\n', 1))) as said,
        coalesce(committed_at, authored_at) as committed_at
    from written
    inner join simultaneous using (tenant_id, repository, authored_at)
    order by tenant_id, repository, sha, committed_at
),

counted as (
    select
        *,
        count(*) over (partition by tenant_id, repository, authored_at, said) as alike_count
    from alike
)

select
    tenant_id,
    repository,
    sha,
    authored_at,
    said,
    committed_at
from counted
where alike_count between 2 and 20

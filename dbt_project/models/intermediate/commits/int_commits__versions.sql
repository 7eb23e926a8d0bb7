-- One row per version of a repository: each published release, and each tag that no release names.
-- `cut_at`: what came into the history later is not in it.
with

tags as (
    select distinct on (tenant_id, repository, name) *
    from {{ ref('int_commits__tags') }}
    order by tenant_id, repository, name, tagged_at, connection_id
),

releases as (
    select distinct on (tenant_id, repository, tag_name) *
    from {{ ref('stg_github__releases') }}
    where is_draft is not true and published_at is not null and tag_name is not null
    order by tenant_id, repository, tag_name, published_at, connection_id
)

select
    releases.tenant_id,
    releases.repository,
    releases.tag_name as tag,
    'release' as origin,
    'github' as source,
    releases.name,
    coalesce(releases.is_prerelease, false) as is_prerelease,
    tags.sha,
    releases.published_at,
    coalesce(tags.committed_at, releases.published_at) as cut_at,
    releases.url
from releases
left join tags
    on releases.tenant_id = tags.tenant_id and releases.repository = tags.repository and releases.tag_name = tags.name

union all

select
    tags.tenant_id,
    tags.repository,
    tags.name as tag,
    'tag' as origin,
    tags.source,
    null as name,
    false as is_prerelease,
    tags.sha,
    tags.tagged_at as published_at,
    coalesce(tags.committed_at, tags.tagged_at) as cut_at,
    null as url
from tags
left join releases
    on tags.tenant_id = releases.tenant_id and tags.repository = releases.repository and tags.name = releases.tag_name
where releases.tag_name is null and tags.tagged_at is not null

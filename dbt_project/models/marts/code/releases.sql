-- One row per published release of a repository, with the time and the merged pull requests since the one before.
{{ config(unique_key=['tenant_id', 'repository', 'tag']) }}
with

published as (
    select distinct on (tenant_id, repository, tag_name)
        tenant_id,
        repository,
        tag_name as tag,
        name,
        coalesce(is_prerelease, false) as is_prerelease,
        published_at,
        url
    from {{ ref('stg_github__releases') }}
    where {{ of_touched_tenants() }} and is_draft is not true and published_at is not null and tag_name is not null
    order by tenant_id, repository, tag_name, published_at
),

events as (
    select
        *,
        published_at as happened_at
    from published
    union all
    select
        tenant_id,
        repository,
        null as tag,
        null as name,
        null as is_prerelease,
        null as published_at,
        null as url,
        merged_at as happened_at
    from {{ ref('stg_github__pull_requests') }}
    where {{ of_touched_tenants() }} and merged_at is not null
),

counted as (
    select
        *,
        count(*) filter (where tag is null) over (
            partition by tenant_id, repository order by happened_at, tag nulls first rows unbounded preceding
        ) as merged_so_far
    from events
),

-- A full release follows a full one, a prerelease whatever was published before it.
followed as (
    select
        *,
        case
            when is_prerelease then lag(published_at) over of_all else lag(published_at) over of_kind
        end as previous_at,
        case
            when is_prerelease then lag(merged_so_far) over of_all else lag(merged_so_far) over of_kind
        end as merged_before
    from counted
    where tag is not null
    window
        of_all as (partition by tenant_id, repository order by published_at, tag),
        of_kind as (partition by tenant_id, repository, is_prerelease order by published_at, tag)
)

select
    tenant_id,
    repository,
    tag,
    name,
    is_prerelease,
    published_at,
    previous_at,
    extract(epoch from published_at - previous_at)::double precision as interval_seconds,
    merged_so_far - merged_before as pull_request_count,
    url
from followed

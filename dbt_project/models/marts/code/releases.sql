-- One row per version of a repository, a release or a tag that none names, with what came since the one before.
{{ config(unique_key=['tenant_id', 'repository', 'tag']) }}
with

versions as (
    select * from {{ ref('int_commits__versions') }}
    where {{ of_touched_tenants() }}
),

-- Versions as they are, and what came into the history between them: joined to its counts afterwards, each version would be
-- compared with all of its repository's.
events as (
    select
        *,
        'version' as event,
        cut_at as happened_at
    from versions
    {%- for event, model in [('commit', 'int_commits__landed'), ('merge', 'int_pull_requests__landed')] %}
    union all
    select
        tenant_id,
        repository,
        null as tag,
        null as origin,
        null as source,
        null as name,
        null as is_prerelease,
        null as sha,
        null as published_at,
        null as cut_at,
        null as url,
        '{{ event }}' as event,
        landed_at as happened_at
    from {{ ref(model) }}
    where landed_at is not null and {{ of_touched_tenants() }}
    {%- endfor %}
),

-- A history of which nothing is known yet has not 0 commits.
counted as (
    select
        *,
        origin = 'release' and not is_prerelease as is_full,
        nullif(count(*) filter (where event = 'commit') over so_far, 0) as commits_so_far,
        count(*) filter (where event = 'merge') over so_far as merges_so_far
    from events
    window so_far as (
        partition by tenant_id, repository order by happened_at, tag nulls first rows unbounded preceding
    )
),

-- A full release follows a full one; a prerelease, and a tag, whatever was before it.
followed as (
    select
        *,
        case when is_full then lag(published_at) over of_kind else lag(published_at) over of_all end as previous_at,
        case when is_full then lag(commits_so_far) over of_kind else lag(commits_so_far) over of_all end as commits_before,
        case when is_full then lag(merges_so_far) over of_kind else lag(merges_so_far) over of_all end as merges_before
    from counted
    where event = 'version'
    window
        of_all as (partition by tenant_id, repository order by published_at, tag),
        of_kind as (partition by tenant_id, repository, is_full order by published_at, tag)
)

select
    tenant_id,
    repository,
    tag,
    origin,
    name,
    is_prerelease,
    sha,
    published_at,
    previous_at,
    extract(epoch from published_at - previous_at)::double precision as interval_seconds,
    case when commits_before is not null then greatest(commits_so_far - commits_before, 0) end as commit_count,
    -- A clone knows no pull requests.
    case
        when source = 'github' and merges_before is not null then greatest(merges_so_far - merges_before, 0)
    end as pull_request_count,
    url
from followed

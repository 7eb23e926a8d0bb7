-- One row per repository, person and day (the tenant's own) on which they wrote, opened, merged or reviewed anything.
-- Bots are nobody, and pull requests of bots are no person's work.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'repository', 'day', 'person'],
    indexes=[{'columns': ['tenant_id', 'repository', 'day', 'person'], 'unique': True}],
) }}
with

pulls as (
    select
        pulls.tenant_id,
        pulls.repository,
        coalesce(merged.person, pulls.author) as person,
        pulls.created_at,
        pulls.merged_at
    from {{ ref('stg_github__pull_requests') }} as pulls
    left join {{ ref('int_people__merged') }} as merged
        on pulls.tenant_id = merged.tenant_id and lower(pulls.author) = merged.alias
    where {{ of_touched_tenants('pulls.tenant_id') }} and not pulls.is_bot and pulls.author is not null
),

reviewed as (
    select tenant_id, repository, pull_request_id, reviewer, min(submitted_at) as first_submitted_at
    from {{ ref('int_pull_requests__reviews') }}
    where {{ of_touched_tenants() }} and not is_of_bot and reviewer is not null
    group by tenant_id, repository, pull_request_id, reviewer
),

events as (
    select tenant_id, repository, person, 'commit' as event, authored_at as happened_at
    from {{ ref('int_people__commits') }}
    where {{ of_touched_tenants() }}
    union all
    select tenant_id, repository, person, 'opened' as event, created_at as happened_at
    from pulls
    union all
    select tenant_id, repository, person, 'merged' as event, merged_at as happened_at
    from pulls
    where merged_at is not null
    union all
    select tenant_id, repository, reviewer as person, 'reviewed' as event, first_submitted_at as happened_at
    from reviewed
)

select
    events.tenant_id,
    events.repository,
    {{ local_day('events.happened_at', 'tenants.time_zone') }} as day,
    events.person,
    count(*) filter (where events.event = 'commit') as commit_count,
    count(*) filter (where events.event = 'opened') as opened_count,
    count(*) filter (where events.event = 'merged') as merged_count,
    count(*) filter (where events.event = 'reviewed') as reviewed_count
from events
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
group by 1, 2, 3, 4
